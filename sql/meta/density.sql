-- One row per HEALPix cell of an order that holds rows of a partitioned table, with their number.
-- requires: partitioned_tables
CREATE OR REPLACE FUNCTION meta.density(relation regclass, cell_order integer)
RETURNS TABLE (pixel bigint, row_count bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000
AS $$
DECLARE
    key_column name;
BEGIN
    SELECT t.key INTO key_column
    FROM pg_class AS c
    CROSS JOIN LATERAL meta.partitioned_tables(c.relnamespace::regnamespace::text) AS t
    WHERE c.oid = density.relation AND t.relation = c.oid;
    IF key_column IS NULL THEN
        RAISE EXCEPTION '% is not partitioned by sky', relation
            USING HINT = 'Partitioned tables are Source, DiaSource and ForcedSource in raw, and those and Object, DiaObject in a release.';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT %1$I >> %2$s, count(*) FROM %3$s GROUP BY 1 ORDER BY 1',
        key_column, 2 * (29 - cell_order), relation);
END
$$;

COMMENT ON FUNCTION meta.density(regclass, integer) IS
    'Number of rows of a partitioned table in each NESTED HEALPix cell of an order that has any.';
