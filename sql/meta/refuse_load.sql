-- Records in the ledger that a file was refused as a whole, and why.
CREATE OR REPLACE FUNCTION meta.refuse_load(
    load_id bigint, load_kind text, load_dialect text, reason text
) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE meta.Load AS l
    SET state = 'refused', kind = load_kind, dialect = load_dialect, error = reason,
        finishedAt = clock_timestamp()
    WHERE l.loadId = load_id AND l.state = 'loading';
END;

REVOKE ALL ON FUNCTION meta.refuse_load(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.refuse_load(bigint, text, text, text) TO skytract_loader;
COMMENT ON FUNCTION meta.refuse_load(bigint, text, text, text) IS
    'Records in the ledger that a file was refused as a whole, and why.';
