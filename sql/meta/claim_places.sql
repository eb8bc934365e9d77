-- Notes places that a load brings rows of; false if another load holds one, after its end if it runs.
-- Places are noted in their order, and only those beyond all that the transaction has noted are
-- waited for: loads never wait for each other in a circle. What is false is no error, for an error
-- would have to be undone, and a transaction should not have a part to be undone for every call:
-- beyond 64 of them readers look for the parts in a table on disk, row by row.
CREATE OR REPLACE FUNCTION meta.claim_places(
    load_id bigint,
    load_kind text,
    majors bigint[],
    minors integer[],
    bands text[],
    may_wait boolean
) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    earlier_timeout text := current_setting('lock_timeout');
BEGIN
    PERFORM set_config('lock_timeout', CASE WHEN may_wait THEN '0' ELSE '20ms' END, true);
    INSERT INTO meta.LoadScope (loadId, kind, major, minor, band)
    SELECT load_id, load_kind, p.major, p.minor, p.band
    FROM unnest(majors, minors, bands) AS p (major, minor, band)
    ORDER BY p.major, p.minor, p.band
    ON CONFLICT DO NOTHING;
    PERFORM set_config('lock_timeout', earlier_timeout, true);
    RETURN NOT EXISTS (
        SELECT load_kind, p.major, p.minor, p.band
        FROM unnest(majors, minors, bands) AS p (major, minor, band)
        EXCEPT
        SELECT s.kind, s.major, s.minor, s.band FROM meta.LoadScope AS s WHERE s.loadId = load_id
    );
END
$$;

REVOKE ALL ON FUNCTION meta.claim_places(bigint, text, bigint[], integer[], text[], boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.claim_places(bigint, text, bigint[], integer[], text[], boolean) TO skytract_loader;
COMMENT ON FUNCTION meta.claim_places(bigint, text, bigint[], integer[], text[], boolean) IS
    'Notes places that a load is about to bring rows of; false if another load holds one of them. lock_not_available if one that runs has noted one and may_wait is false.';
