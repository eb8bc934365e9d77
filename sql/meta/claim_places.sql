-- Notes places that a load brings rows of; up to the first one that another load holds, at its end.
-- Places are given in an order, and only those beyond all that the transaction has noted are waited
-- for: loads never wait for each other in a circle. A place that is held is no error, for an error
-- would have to be undone, and a transaction should not have a part to be undone for every call:
-- beyond 64 of them readers look for the parts in a table on disk, row by row.
CREATE OR REPLACE FUNCTION meta.claim_places(
    load_id bigint,
    load_kind text,
    majors bigint[],
    minors integer[],
    bands text[],
    may_wait boolean
) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    earlier_timeout text := current_setting('lock_timeout');
    noted integer := 0;
BEGIN
    PERFORM set_config('lock_timeout', CASE WHEN may_wait THEN '0' ELSE '20ms' END, true);
    FOR i IN 1 .. cardinality(majors) LOOP
        INSERT INTO meta.LoadScope (loadId, kind, major, minor, band)
        VALUES (load_id, load_kind, majors[i], minors[i], bands[i])
        ON CONFLICT DO NOTHING;
        EXIT WHEN NOT FOUND;
        noted := i;
    END LOOP;
    PERFORM set_config('lock_timeout', earlier_timeout, true);
    RETURN noted;
END
$$;

REVOKE ALL ON FUNCTION meta.claim_places(bigint, text, bigint[], integer[], text[], boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.claim_places(bigint, text, bigint[], integer[], text[], boolean) TO skytract_loader;
COMMENT ON FUNCTION meta.claim_places(bigint, text, bigint[], integer[], text[], boolean) IS
    'Notes places that a load is about to bring rows of, in their order, and says how many: another load holds the one that follows. lock_not_available if one that runs has noted it and may_wait is false.';
