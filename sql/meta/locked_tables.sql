-- One row per table that this transaction has used so far and its role may lock by name.
CREATE OR REPLACE FUNCTION meta.locked_tables()
RETURNS TABLE (schema_name name, table_name name)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
BEGIN ATOMIC
    SELECT DISTINCT n.nspname, c.relname
    FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE l.locktype = 'relation'
        AND l.pid = pg_backend_pid()
        AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND has_schema_privilege(n.oid, 'USAGE')
        AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY n.nspname, c.relname;
END;

COMMENT ON FUNCTION meta.locked_tables() IS
    'Tables that the running transaction holds a lock on, e.g. because a query names them; partitions go with their table.';
