-- Takes out the rows of a load, or of the whole unit it belongs to; one row per load taken out.
-- requires: pass_gate refuse_dependents remove_rows
-- Raw rows are nobody's to delete but this function's, which keeps the ledger in step: it deletes
-- all rows of loaded entries, and marks these. An entry that another session is taking out is an
-- error at once (lock_not_available): nobody waits here while holding what others wait for.
CREATE OR REPLACE FUNCTION meta.remove_load(
    load_id bigint,
    replaced_by bigint DEFAULT NULL,
    OUT removed_id bigint,
    OUT kind text,
    OUT row_count bigint
) RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    root bigint;
    members bigint[];
    member record;
    gated boolean := replaced_by IS NOT NULL;  -- then the successor has all the places
BEGIN
    IF replaced_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM meta.Load AS l WHERE l.loadId = replaced_by AND l.state = 'loading'
    ) THEN
        RAISE EXCEPTION 'load % is not being loaded and takes the place of none', replaced_by
            USING HINT = 'Give no successor to undo a load.';
    END IF;
    SELECT coalesce(l.unitId, l.loadId) INTO root FROM meta.Load AS l WHERE l.loadId = load_id;
    IF replaced_by = root OR EXISTS (
        SELECT FROM meta.Load AS l WHERE l.loadId = replaced_by AND l.unitId = root
    ) THEN
        RAISE EXCEPTION 'load % does not take the place of itself', replaced_by
            USING HINT = 'Give the load that brings the rows anew.';
    END IF;
    PERFORM FROM meta.Load AS l
    WHERE (l.loadId = root OR l.unitId = root) AND l.state = 'loaded'
    ORDER BY l.loadId FOR UPDATE NOWAIT;
    members := ARRAY(
        SELECT l.loadId FROM meta.Load AS l
        WHERE (l.loadId = root OR l.unitId = root) AND l.state = 'loaded');
    IF replaced_by IS NULL THEN
        PERFORM meta.refuse_dependents(load_id, members);
    END IF;
    FOR member IN
        SELECT l.loadId, l.kind, l.rowCount FROM meta.Load AS l
        WHERE l.loadId = ANY (members)
        ORDER BY array_position('{VisitDetector,Visit}', l.kind) NULLS FIRST, l.loadId
    LOOP
        IF NOT gated AND member.kind IN ('Visit', 'VisitDetector') THEN
            -- A load that needs these either has committed, and is found, or will not find them.
            PERFORM meta.pass_gate();
            PERFORM meta.refuse_dependents(load_id, members);
            gated := true;
        END IF;
        removed_id := member.loadId;
        kind := member.kind;
        row_count := CASE WHEN kind <> 'Manifest'
            THEN meta.remove_rows(removed_id, kind, member.rowCount) ELSE 0 END;
        RETURN NEXT;
    END LOOP;
    DELETE FROM meta.LoadScope AS s WHERE s.loadId = ANY (members);
    UPDATE meta.Load AS l
    SET state = CASE WHEN replaced_by IS NULL THEN 'undone' ELSE 'replaced' END,
        replacedBy = replaced_by, removedAt = clock_timestamp()
    WHERE l.loadId = ANY (members);
END
$$;

REVOKE ALL ON FUNCTION meta.remove_load(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.remove_load(bigint, bigint) TO skytract_loader;
COMMENT ON FUNCTION meta.remove_load(bigint, bigint) IS
    'Takes out the rows of a load, or of the whole unit it belongs to, and marks it undone, or replaced by the load that is put in its place: the loads taken out with their rows; none if it is not loaded. Refused if other loads need its visits.';
