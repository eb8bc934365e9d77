-- Fits proper motions and parallaxes of Object and DiaObject with ids in [lo, hi) (LDM-151 8.23), and returns their number.
--
-- From all positions of their detections in Source and DiaSource, those with a bad centroid left out, with
-- their full covariances. Motions that the visits do not determine are NULL, all columns of them.
-- requires: solve_motions store_motions
CREATE OR REPLACE FUNCTION association.fit_motions(release_name text, lo bigint, hi bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    fitted bigint;
BEGIN
    PERFORM meta.require_open_release(release_name);

    -- Detections of an object lie beside it, a few just beyond the bounds.
    EXECUTE format(
        $select$
        CREATE TEMPORARY TABLE motion_object ON COMMIT DROP AS
        SELECT o.objectId AS id, o.coord_ra AS ra, o.coord_dec AS dec
        FROM %1$I.Object AS o
        WHERE o.objectId >= %2$s AND o.objectId < %3$s;
        CREATE TEMPORARY TABLE motion_detection ON COMMIT DROP AS
        SELECT
            s.objectId AS id, s.sourceId AS detection, v.expMidptMJD AS mjd, s.ra, s.dec,
            s.raErr::float8, s.decErr::float8, s.ra_dec_Cov::float8
        FROM (
            SELECT n.* FROM %1$I.Source AS n
            WHERE n.hpx29 >= %2$s AND n.hpx29 < %3$s AND n.objectId >= %2$s AND n.objectId < %3$s
            UNION ALL
            SELECT b.* FROM %1$I.Source AS b
            WHERE NOT (b.hpx29 >= %2$s AND b.hpx29 < %3$s) AND b.objectId >= %2$s AND b.objectId < %3$s
        ) AS s
        JOIN raw.Visit AS v USING (visit)
        WHERE s.centroid_flag IS NOT TRUE
        $select$,
        release_name, lo, hi
    );
    PERFORM association.solve_motions();
    fitted := association.store_motions(release_name, 'object', 'objectid', lo, hi);
    DROP TABLE pg_temp.motion_object, pg_temp.motion_detection, pg_temp.motion;

    EXECUTE format(
        $select$
        CREATE TEMPORARY TABLE motion_object ON COMMIT DROP AS
        SELECT o.diaObjectId AS id, o.ra, o.dec
        FROM %1$I.DiaObject AS o
        WHERE o.diaObjectId >= %2$s AND o.diaObjectId < %3$s;
        CREATE TEMPORARY TABLE motion_detection ON COMMIT DROP AS
        SELECT
            s.diaObjectId AS id, s.diaSourceId AS detection, s.midpointMjdTai AS mjd, s.ra, s.dec,
            s.raErr::float8, s.decErr::float8, s.ra_dec_Cov::float8
        FROM (
            SELECT n.* FROM %1$I.DiaSource AS n
            WHERE n.hpx29 >= %2$s AND n.hpx29 < %3$s AND n.diaObjectId >= %2$s AND n.diaObjectId < %3$s
            UNION ALL
            SELECT b.* FROM %1$I.DiaSource AS b
            WHERE NOT (b.hpx29 >= %2$s AND b.hpx29 < %3$s) AND b.diaObjectId >= %2$s AND b.diaObjectId < %3$s
        ) AS s
        WHERE s.centroid_flag IS NOT TRUE
        $select$,
        release_name, lo, hi
    );
    PERFORM association.solve_motions();
    fitted := fitted + association.store_motions(release_name, 'diaobject', 'diaobjectid', lo, hi);
    DROP TABLE pg_temp.motion_object, pg_temp.motion_detection, pg_temp.motion;
    RETURN fitted;
END
$$;

COMMENT ON FUNCTION association.fit_motions(text, bigint, bigint) IS
    'Fits proper motions [mas/yr] and parallaxes [mas], with errors, covariances and chi2, of a release''s Object and DiaObject with ids in [lo, hi) to the positions of their detections; NULL where the visits do not determine them. Returns how many have one; running it again gives the same.';
