-- Records in the ledger that a file is loaded; part of the transaction that brings its rows.
CREATE OR REPLACE FUNCTION meta.finish_load(
    load_id bigint,
    load_kind text,
    load_dialect text,
    load_identity text,
    row_count bigint,
    id_min bigint,
    id_max bigint
) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE meta.Load AS l
    SET state = 'loaded', kind = load_kind, dialect = load_dialect, identity = load_identity,
        rowCount = row_count, idMin = id_min, idMax = id_max, finishedAt = clock_timestamp()
    WHERE l.loadId = load_id AND l.state = 'loading';
END;

REVOKE ALL ON FUNCTION meta.finish_load(bigint, text, text, text, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.finish_load(bigint, text, text, text, bigint, bigint, bigint) TO skytract_loader;
COMMENT ON FUNCTION meta.finish_load(bigint, text, text, text, bigint, bigint, bigint) IS
    'Records in the ledger that a file is loaded; part of the transaction that brings its rows.';
