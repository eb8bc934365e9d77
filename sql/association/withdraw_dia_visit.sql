-- Takes a visit's DiaSources out of an open release, and returns their number; DiaObjects follow.
-- requires: begin_dia_objects end_dia_objects fetch_dia_members store_dia_objects
CREATE OR REPLACE FUNCTION association.withdraw_dia_visit(release_name text, visit_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    removed bigint;
    visit_bands text[];
BEGIN
    PERFORM meta.require_open_release(release_name);
    PERFORM pg_advisory_xact_lock(hashtext('association.DiaObject'), hashtext(release_name));
    EXECUTE format('SELECT array_agg(DISTINCT s.band) FROM %I.DiaSource AS s WHERE s.visit = $1', release_name)
    INTO visit_bands USING visit_id;
    IF visit_bands IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM association.begin_dia_objects(release_name);
    EXECUTE format(
        'INSERT INTO pg_temp.dia_touched SELECT o.diaObjectId, o.ra, o.dec, o.nDiaSources FROM %1$I.DiaObject AS o '
        'WHERE o.diaObjectId = ANY (ARRAY(SELECT DISTINCT s.diaObjectId FROM %1$I.DiaSource AS s WHERE s.visit = $1))',
        release_name) USING visit_id;
    EXECUTE format('DELETE FROM %I.DiaSource WHERE visit = $1', release_name) USING visit_id;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM association.fetch_dia_members(release_name);
    PERFORM association.store_dia_objects(release_name, visit_bands);
    PERFORM association.end_dia_objects();
    RETURN removed;
END
$$;

COMMENT ON FUNCTION association.withdraw_dia_visit(text, bigint) IS
    'Takes the DiaSources of a visit out of an open release and returns their number: DiaObjects are computed anew, those without sources removed. Raw rows stay.';
