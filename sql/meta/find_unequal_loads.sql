-- One row per load whose rows are not as many as the ledger says, or that has rows and is not loaded.
-- requires: loaded_tables
-- Reads all rows of all tables that are loaded into.
CREATE OR REPLACE FUNCTION meta.find_unequal_loads(
    OUT kind text,
    OUT load_id bigint,
    OUT state text,
    OUT path text,
    OUT in_ledger bigint,
    OUT in_table bigint
) RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    loaded record;
BEGIN
    FOR loaded IN SELECT t.relation, t.name FROM meta.loaded_tables AS t ORDER BY t.relation::text
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT coalesce(l.kind, %1$L), loadId, l.state, l.path,'
            ' CASE WHEN l.state = ''loaded'' THEN l.rowCount ELSE 0 END, coalesce(t.n, 0)'
            ' FROM (SELECT loadId, count(*) AS n FROM %2$s GROUP BY loadId) AS t'
            ' FULL JOIN (SELECT * FROM meta.Load WHERE lower(kind) = %1$L) AS l USING (loadId)'
            ' WHERE CASE WHEN l.state = ''loaded'' THEN l.rowCount ELSE 0 END <> coalesce(t.n, 0)'
            ' ORDER BY loadId',
            loaded.name, loaded.relation);
    END LOOP;
END
$$;

COMMENT ON FUNCTION meta.find_unequal_loads() IS
    'Loads whose rows are not as many as the ledger says, and rows of loads that are not loaded, as of one moment; none if all is well. Reads all rows. What `skytract doctor --rows` asks.';
