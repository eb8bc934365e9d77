-- One row per object of a release that lies on a detector of a visit, or within 5 arcsec of its edge.
CREATE OR REPLACE FUNCTION association.objects_on_detector(
    release_name text, visit_id bigint, detector_id integer
) RETURNS TABLE (objectId bigint, ra float8, "dec" float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
AS $$
DECLARE
    centre_ra float8;
    centre_dec float8;
    radius float8;
BEGIN
    EXECUTE format(
        'SELECT v.ra, v.dec, greatest('
        '  sky.separation(v.ra, v.dec, v.llcra, v.llcdec), sky.separation(v.ra, v.dec, v.urcra, v.urcdec),'
        '  sky.separation(v.ra, v.dec, v.ulcra, v.ulcdec), sky.separation(v.ra, v.dec, v.lrcra, v.lrcdec)) '
        'FROM %I.VisitDetector AS v WHERE v.visitId = $1 AND v.detector = $2', release_name)
    INTO centre_ra, centre_dec, radius USING visit_id, detector_id;
    IF radius IS NULL THEN
        RAISE EXCEPTION 'release % knows no detector % of visit % with a WCS', release_name, detector_id, visit_id
            USING HINT = 'Run `skytract process` on the release after loading its visits.';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT o.objectId, o.coord_ra, o.coord_dec FROM %I.Object AS o '
        'WHERE sky.in_cone(o.objectId, o.coord_ra, o.coord_dec, $1, $2, $3) ORDER BY o.objectId',
        release_name) USING centre_ra, centre_dec, radius + 5.0 / 3600.0;
END
$$;

COMMENT ON FUNCTION association.objects_on_detector(text, bigint, integer) IS
    'Objects of a release, with positions [deg, ICRS], on a detector of a visit or within 5 arcsec of its edge: where forced photometry measures.';
