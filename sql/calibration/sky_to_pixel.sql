-- Zero-based pixels of ICRS positions by a TAN-SIP world coordinate system, as arrays.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.sky_to_pixel(
    ra float8[], "dec" float8[], crpix float8[], crval float8[], cd float8[], sip_a float8[], sip_b float8[],
    name text DEFAULT 'the detector', OUT x float8[], OUT y float8[]
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.sky_to_pixel import sky_to_pixel
return sky_to_pixel(ra, dec, crpix, crval, cd, sip_a, sip_b, name)
$$;

COMMENT ON FUNCTION calibration.sky_to_pixel(
    float8[], float8[], float8[], float8[], float8[], float8[], float8[], text
) IS
    'Zero-based pixels of ICRS positions [deg] by a TAN-SIP WCS (crpix from 1; sip terms row by row), also beyond the edges; NaN for NULL. An error that says whose WCS it is (name) where that has no inverse.';

CREATE OR REPLACE FUNCTION calibration.sky_to_pixel(
    visit_id bigint, detector_id integer, ra float8[], "dec" float8[], solution text DEFAULT NULL,
    OUT x float8[], OUT y float8[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
AS $$
DECLARE
    wcs calibration.WcsCalib;
    name text := format('visit %s, detector %s', visit_id, detector_id);
BEGIN
    IF solution IS NULL THEN
        SELECT v.crpix1, v.crpix2, v.crval1, v.crval2, v.cd1_1, v.cd1_2, v.cd2_1, v.cd2_2, v.sipA, v.sipB
        INTO wcs.crpix1, wcs.crpix2, wcs.crval1, wcs.crval2, wcs.cd1_1, wcs.cd1_2, wcs.cd2_1, wcs.cd2_2, wcs.sipA, wcs.sipB
        FROM raw.VisitDetector AS v WHERE v.visit = visit_id AND v.detector = detector_id;
    ELSE
        SELECT c.* INTO wcs FROM calibration.WcsCalib AS c
        WHERE c.solutionId = calibration.find_solution('astrometry', solution)
            AND c.visit = visit_id AND c.detector = detector_id;
    END IF;
    IF num_nulls(wcs.crpix1, wcs.crpix2, wcs.crval1, wcs.crval2, wcs.cd1_1, wcs.cd1_2, wcs.cd2_1, wcs.cd2_2) > 0 THEN
        RAISE EXCEPTION '% has no WCS %', name, coalesce('in solution ' || quote_literal(solution), 'as loaded')
            USING HINT = 'raw.VisitDetector lists those that are loaded, calibration.WcsCalib those of joint solutions.';
    END IF;
    SELECT p.x, p.y INTO x, y FROM calibration.sky_to_pixel(
        ra, "dec", ARRAY[wcs.crpix1, wcs.crpix2], ARRAY[wcs.crval1, wcs.crval2],
        ARRAY[wcs.cd1_1, wcs.cd1_2, wcs.cd2_1, wcs.cd2_2], wcs.sipA, wcs.sipB, name
    ) AS p;
END
$$;

COMMENT ON FUNCTION calibration.sky_to_pixel(bigint, integer, float8[], float8[], text) IS
    'Zero-based pixels of ICRS positions [deg] on a detector of a visit, by the WCS as loaded, or that of an astrometric solution (its name); an error that names both where that WCS has no inverse.';
