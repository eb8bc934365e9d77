-- One row per table and cell of a tessellation with the number of its rows, counted.
-- requires: partitioned_tables
CREATE OR REPLACE FUNCTION meta.count_partitions(tessellation_name text)
RETURNS TABLE (table_name name, ord integer, pixel bigint, row_count bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000
AS $$
DECLARE
    parent record;
BEGIN
    FOR parent IN SELECT t.name FROM meta.partitioned_tables(tessellation_name) AS t LOOP
        RETURN QUERY EXECUTE format(
            'SELECT $2, p.ord, p.pixel, coalesce(c.row_count, 0) FROM meta.Partition AS p LEFT JOIN'
            ' (SELECT tableoid, count(*) AS row_count FROM %1$I.%2$I GROUP BY tableoid) AS c'
            ' ON c.tableoid = to_regclass(format(''%%I.%%I'', $1, format(''%%s_p%%s_%%s'', $2, p.ord, p.pixel)))'
            ' WHERE p.tessellation = $1',
            tessellation_name, parent.name) USING tessellation_name, parent.name;
    END LOOP;
END
$$;

COMMENT ON FUNCTION meta.count_partitions(text) IS
    'Rows of every partition of every partitioned table of a schema, counted (a full scan).';
