-- One row per visit and detector with a WCS: that of an astrometric solution, or the load-time one for NULL.
-- requires: pack_wcs
CREATE OR REPLACE FUNCTION calibration.wcs_terms(solution_id bigint)
RETURNS TABLE (visit bigint, detector integer, wcs bytea)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000
AS $$
SELECT
    v.visit, v.detector,
    calibration.pack_wcs(
        v.crpix1, v.crpix2, v.crval1, v.crval2, v.cd1_1, v.cd1_2, v.cd2_1, v.cd2_2, v.sipA, v.sipB
    )
FROM raw.VisitDetector AS v
WHERE wcs_terms.solution_id IS NULL
    AND num_nulls(v.crpix1, v.crpix2, v.crval1, v.crval2, v.cd1_1, v.cd1_2, v.cd2_1, v.cd2_2) = 0
UNION ALL
SELECT
    c.visit, c.detector,
    calibration.pack_wcs(
        c.crpix1, c.crpix2, c.crval1, c.crval2, c.cd1_1, c.cd1_2, c.cd2_1, c.cd2_2, c.sipA, c.sipB
    )
FROM calibration.WcsCalib AS c
WHERE c.solutionId = wcs_terms.solution_id
$$;

COMMENT ON FUNCTION calibration.wcs_terms(bigint) IS
    'One row per visit and detector: its WCS by the astrometric solution of this id, or as loaded for NULL, packed for calibration.pixels_to_sky.';
