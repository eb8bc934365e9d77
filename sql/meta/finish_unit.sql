-- Records in the ledger that a unit is loaded, with the rows and bytes of its files; how many rows.
-- A load that was opened for rows of its own is no unit: finish_load ends it.
CREATE OR REPLACE FUNCTION meta.finish_unit(load_id bigint, unit_name text) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE meta.Load AS l
    SET state = 'loaded', kind = 'Manifest', identity = unit_name, rowCount = f.row_count,
        byteCount = f.byte_count, finishedAt = clock_timestamp()
    FROM (
        SELECT sum(m.rowCount)::bigint AS row_count, sum(m.byteCount)::bigint AS byte_count
        FROM meta.Load AS m
        WHERE m.unitId = load_id
    ) AS f
    WHERE l.loadId = load_id AND l.state = 'loading' AND l.rowCount IS NULL
    RETURNING l.rowCount;
END;

REVOKE ALL ON FUNCTION meta.finish_unit(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.finish_unit(bigint, text) TO skytract_loader;
COMMENT ON FUNCTION meta.finish_unit(bigint, text) IS
    'Records in the ledger that a unit is loaded, with the sums over its files; part of the transaction that brings their rows. How many rows.';
