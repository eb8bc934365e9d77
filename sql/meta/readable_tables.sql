-- One row per table or view that the session's role may read, with its name as the model spells it.
CREATE OR REPLACE FUNCTION meta.readable_tables()
RETURNS TABLE (schema_name name, table_name name, spelled text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
BEGIN ATOMIC
    SELECT
        n.nspname, c.relname,
        n.nspname || '.' || coalesce(
            (
                SELECT min(r.tableName)
                FROM meta.ColumnRegistry AS r
                WHERE r.physicalTable = c.relname
                    AND r.schemaName IN (
                        n.nspname, (SELECT 'release' FROM meta.Release AS m WHERE m.release = n.nspname))
            ),
            c.relname)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm')
        AND NOT c.relispartition
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND has_schema_privilege(n.oid, 'USAGE')
        AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY n.nspname, c.relname;
END;

COMMENT ON FUNCTION meta.readable_tables() IS
    'Tables and views that the session''s role may read, without the server''s own: as PostgreSQL and as the DPDD spells them.';
