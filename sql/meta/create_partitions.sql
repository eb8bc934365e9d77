-- Makes the missing partitions of all partitioned tables of a schema, with the bounds of meta.Partition.
-- requires: partitioned_tables store_features_apart
CREATE OR REPLACE FUNCTION meta.create_partitions(tessellation_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    parent record;
    cell record;
    made bigint := 0;
BEGIN
    FOR parent IN
        SELECT t.name FROM meta.partitioned_tables(tessellation_name) AS t
    LOOP
        FOR cell IN
            SELECT p.lo, p.hi, format('%s_p%s_%s', parent.name, p.ord, p.pixel) AS child
            FROM meta.Partition AS p
            WHERE p.tessellation = tessellation_name
                AND to_regclass(format('%I.%I', tessellation_name,
                    format('%s_p%s_%s', parent.name, p.ord, p.pixel))) IS NULL
            ORDER BY p.lo
        LOOP
            EXECUTE format(
                'CREATE TABLE %1$I.%2$I PARTITION OF %1$I.%3$I FOR VALUES FROM (%4$s) TO (%5$s)',
                tessellation_name, cell.child, parent.name, cell.lo, cell.hi);
            PERFORM meta.store_features_apart(
                format('%I.%I', tessellation_name, cell.child)::regclass);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

COMMENT ON FUNCTION meta.create_partitions(text) IS
    'Makes the missing partitions of all partitioned tables of a schema, with the bounds of meta.Partition.';
