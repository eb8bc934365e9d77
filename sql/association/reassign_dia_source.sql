-- Gives a DiaSource of an open release to another DiaObject, or to a new one, and returns its id.
-- requires: begin_dia_objects end_dia_objects fetch_dia_members find_dia_source store_dia_objects
CREATE OR REPLACE FUNCTION association.reassign_dia_source(
    release_name text, dia_source_id bigint, dia_object_id bigint, key bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    place bigint;
    target bigint := dia_object_id;
    apart float8;
    found boolean := true;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('association.DiaObject'), hashtext(release_name));
    place := association.find_dia_source(release_name, dia_source_id, key);
    PERFORM association.begin_dia_objects(release_name);
    EXECUTE format(
        'INSERT INTO pg_temp.dia_touched SELECT o.diaObjectId, o.ra, o.dec, o.nDiaSources FROM %1$I.DiaObject AS o '
        'WHERE o.diaObjectId = $1 OR o.diaObjectId = ('
        '  SELECT s.diaObjectId FROM %1$I.DiaSource AS s WHERE s.hpx29 = $2 AND s.diaSourceId = $3)',
        release_name) USING target, place, dia_source_id;
    IF target IS NULL THEN
        target := place - 1;
        WHILE found LOOP
            target := target + 1;
            EXECUTE format('SELECT EXISTS (SELECT FROM %I.DiaObject WHERE diaObjectId = $1)', release_name)
            INTO found USING target;
        END LOOP;
        EXECUTE format(
            'INSERT INTO pg_temp.dia_touched SELECT $1, s.ra, s.dec, 0 FROM %I.DiaSource AS s '
            'WHERE s.hpx29 = $2 AND s.diaSourceId = $3', release_name) USING target, place, dia_source_id;
    END IF;
    EXECUTE format(
        'SELECT sky.separation(s.ra, s.dec, t.ra, t.dec) * 3600 FROM %I.DiaSource AS s, pg_temp.dia_touched AS t '
        'WHERE s.hpx29 = $1 AND s.diaSourceId = $2 AND t.diaObjectId = $3', release_name)
    INTO apart USING place, dia_source_id, target;
    -- Farther away its sources would not be found by the object's place.
    IF (apart <= sky.margin_arcsec()) IS NOT TRUE THEN
        RAISE EXCEPTION 'DiaSource % cannot belong to DiaObject %: %', dia_source_id, target,
            coalesce('they are ' || round(apart::numeric, 2) || ' arcsec apart', 'there is no such object')
            USING HINT = 'Choose a DiaObject of the release within 5 arcsec, or NULL for a new one.';
    END IF;
    EXECUTE format(
        'UPDATE %I.DiaSource SET diaObjectId = $1, ssObjectId = NULL WHERE hpx29 = $2 AND diaSourceId = $3',
        release_name) USING target, place, dia_source_id;
    PERFORM association.fetch_dia_members(release_name);
    PERFORM association.store_dia_objects(release_name);
    PERFORM association.end_dia_objects();
    RETURN target;
END
$$;

COMMENT ON FUNCTION association.reassign_dia_source(text, bigint, bigint, bigint) IS
    'Gives a DiaSource of an open release to another DiaObject, or to a new one if that is NULL, and returns its id: both DiaObjects are computed anew, one without sources is removed. Give the key (its hpx29) where tables are large.';
