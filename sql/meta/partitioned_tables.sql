-- One row per partitioned table of a schema, with the column it is partitioned by.
CREATE OR REPLACE FUNCTION meta.partitioned_tables(schema_name text)
RETURNS TABLE (relation regclass, name name, key name)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT c.oid, c.relname, a.attname
    FROM pg_class AS c
    JOIN pg_partitioned_table AS p ON p.partrelid = c.oid
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
    WHERE c.relnamespace = to_regnamespace(schema_name)
    ORDER BY c.relname;
END;

COMMENT ON FUNCTION meta.partitioned_tables(text) IS
    'Partitioned tables of a schema and the column (hpx29 or the object''s id) each is partitioned by.';
