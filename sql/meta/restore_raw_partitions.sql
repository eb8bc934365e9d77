-- Brings back the partitions of the raw tables that somebody dropped or detached, so that a load finds them; how many.
-- requires: partitioned_tables store_features_apart
CREATE OR REPLACE FUNCTION meta.restore_raw_partitions() RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    needed bigint;
    present bigint;
    missing record;
    restored bigint := 0;
BEGIN
    SELECT count(*) INTO needed
    FROM meta.Partition AS p CROSS JOIN meta.partitioned_tables('raw') AS t
    WHERE p.tessellation = 'raw';
    SELECT count(*) INTO present
    FROM pg_inherits AS i JOIN meta.partitioned_tables('raw') AS t ON t.relation = i.inhparent;
    IF present = needed THEN
        RETURN 0;
    END IF;
    -- Neither a split nor another loader changes partitions meanwhile.
    PERFORM pg_advisory_xact_lock(hashtext('meta.split_partition'), hashtext('raw'));
    FOR missing IN
        SELECT t.name AS parent, n.child, p.lo, p.hi, r.relation
        FROM meta.partitioned_tables('raw') AS t
        JOIN meta.Partition AS p ON p.tessellation = 'raw'
        CROSS JOIN LATERAL (VALUES (format('%s_p%s_%s', t.name, p.ord, p.pixel))) AS n (child)
        CROSS JOIN LATERAL (VALUES (to_regclass(format('raw.%I', n.child)))) AS r (relation)
        WHERE NOT EXISTS (
            SELECT FROM pg_inherits AS i WHERE i.inhparent = t.relation AND i.inhrelid = r.relation
        )
        ORDER BY t.name, p.lo
    LOOP
        IF missing.relation IS NULL THEN
            EXECUTE format(
                'CREATE TABLE raw.%I (LIKE raw.%I INCLUDING ALL EXCLUDING COMMENTS)',
                missing.child, missing.parent);
            PERFORM meta.store_features_apart(format('raw.%I', missing.child)::regclass);
        END IF;
        -- CREATE TABLE ... PARTITION OF would make readers of the table wait; this does not.
        EXECUTE format(
            'ALTER TABLE raw.%I ATTACH PARTITION raw.%I FOR VALUES FROM (%s) TO (%s)',
            missing.parent, missing.child, missing.lo, missing.hi);
        restored := restored + 1;
    END LOOP;
    RETURN restored;
END
$$;

REVOKE ALL ON FUNCTION meta.restore_raw_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.restore_raw_partitions() TO skytract_loader;
COMMENT ON FUNCTION meta.restore_raw_partitions() IS
    'Makes the partitions of the raw tables that are missing, and attaches again those that were detached, with the bounds of meta.Partition; how many. The loader calls it before a load.';
