-- Deletes the rows of one load from its table, found by the places it holds; how many rows.
CREATE OR REPLACE FUNCTION meta.remove_rows(load_id bigint, load_kind text, expected bigint)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- A table may have 10^9 rows and more: it is entered by an index, whatever the planner expects.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    relation regclass := coalesce(
        to_regclass(format('raw.%I', lower(load_kind))),
        to_regclass(format('calibration.%I', lower(load_kind))));
    place CONSTANT text := CASE
        WHEN load_kind = 'Visit' THEN 'r.visit = s.major'
        WHEN load_kind IN ('VisitDetector', 'Source', 'DiaSource', 'ForcedSource')
            THEN 'r.visit = s.major AND r.detector = s.minor'
        WHEN load_kind IN ('CoaddSource', 'ObjectMeasurement')
            THEN 'r.tract = s.major AND r.patch = s.minor'
    END;
    removed bigint := 0;
    rest bigint;
BEGIN
    IF place IS NOT NULL THEN
        EXECUTE format(
            'DELETE FROM %s AS r USING'
            ' (SELECT DISTINCT major, minor FROM meta.LoadScope WHERE loadId = $1) AS s'
            ' WHERE %s AND r.loadId = $1', relation, place) USING load_id;
        GET DIAGNOSTICS removed = ROW_COUNT;
    END IF;
    -- Rows without a place lie together (BRIN). Loads of one place in two, which version 0002
    -- allowed, have rows beyond their scope: then the table is read.
    IF removed IS DISTINCT FROM expected THEN
        EXECUTE format('DELETE FROM %s AS r WHERE r.loadId = $1', relation) USING load_id;
        GET DIAGNOSTICS rest = ROW_COUNT;
        removed := removed + rest;
    END IF;
    RETURN removed;
END
$$;

REVOKE ALL ON FUNCTION meta.remove_rows(bigint, text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION meta.remove_rows(bigint, text, bigint) IS
    'Part of meta.remove_load: deletes the rows of one load, by index; how many. Expected is the number that the ledger says.';
