-- The key hpx29 of a DiaSource of a release; a full sentence if there is none.
CREATE OR REPLACE FUNCTION association.find_dia_source(
    release_name text, dia_source_id bigint, key bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    found bigint;
BEGIN
    PERFORM meta.require_open_release(release_name);
    EXECUTE format(
        'SELECT s.hpx29 FROM %I.DiaSource AS s WHERE s.diaSourceId = $1 %s',
        release_name, CASE WHEN key IS NOT NULL THEN 'AND s.hpx29 = $2' END
    ) INTO found USING dia_source_id, key;
    IF found IS NULL THEN
        RAISE EXCEPTION 'release % has no DiaSource %', release_name, dia_source_id
            USING HINT = 'Associate its visit with association.associate_dia_sources; if you gave its hpx29, see whether that is right.';
    END IF;
    RETURN found;
END
$$;

COMMENT ON FUNCTION association.find_dia_source(text, bigint, bigint) IS
    'The hpx29 of a DiaSource of an open release; without the key, its hpx29, the whole table is searched.';
