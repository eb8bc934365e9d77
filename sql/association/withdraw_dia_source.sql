-- Takes one DiaSource out of an open release; its DiaObject is computed anew, or removed if it was the last.
-- requires: begin_dia_objects end_dia_objects fetch_dia_members find_dia_source store_dia_objects
CREATE OR REPLACE FUNCTION association.withdraw_dia_source(
    release_name text, dia_source_id bigint, key bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    place bigint;
    owner_id bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('association.DiaObject'), hashtext(release_name));
    place := association.find_dia_source(release_name, dia_source_id, key);
    PERFORM association.begin_dia_objects(release_name);
    EXECUTE format('DELETE FROM %I.DiaSource WHERE hpx29 = $1 AND diaSourceId = $2 RETURNING diaObjectId', release_name)
    INTO owner_id USING place, dia_source_id;
    EXECUTE format(
        'INSERT INTO pg_temp.dia_touched SELECT o.diaObjectId, o.ra, o.dec, o.nDiaSources FROM %I.DiaObject AS o WHERE o.diaObjectId = $1',
        release_name) USING owner_id;
    PERFORM association.fetch_dia_members(release_name);
    PERFORM association.store_dia_objects(release_name);
    PERFORM association.end_dia_objects();
END
$$;

COMMENT ON FUNCTION association.withdraw_dia_source(text, bigint, bigint) IS
    'Takes a DiaSource out of an open release; its DiaObject is computed anew, or removed if it has no other. Give the key (its hpx29) where tables are large. The raw row stays: associating its visit again brings it back.';
