-- The joint astrometric fit of packed detections, as arrays.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: solve_packed_astrometry
CREATE OR REPLACE FUNCTION calibration.solve_astrometry(
    "rows" bytea, numbers bytea, wcs bytea, images bytea, visits bytea, stars bytea, flags bytea,
    detector_order integer, visit_order integer, image_order integer, turbulence_mas float8
) RETURNS TABLE (
    tied boolean[], component bigint[], nStar bigint[], rms float8[], frame float8[], sipA float8[], sipB float8[],
    place float8[], covariance float8[], repeatability float8[], epoch float8, iterations integer, clipped float8
)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 1
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    sky.bytes_array(p.tied, NULL::boolean[]), sky.bytes_array(p.component, NULL::bigint[]),
    sky.bytes_array(p.nStar, NULL::bigint[]), sky.bytes_array(p.rms, NULL::float8[]),
    sky.bytes_array(p.frame, NULL::float8[]), sky.bytes_array(p.sipA, NULL::float8[]),
    sky.bytes_array(p.sipB, NULL::float8[]), sky.bytes_array(p.place, NULL::float8[]),
    sky.bytes_array(p.covariance, NULL::float8[]), sky.bytes_array(p.repeatability, NULL::float8[]), p.epoch, p.iterations, p.clipped
FROM calibration.solve_packed_astrometry(
    "rows", numbers, wcs, images, visits, stars, flags, detector_order, visit_order, image_order, turbulence_mas
) AS p;
END;

COMMENT ON FUNCTION calibration.solve_astrometry(
    bytea, bytea, bytea, bytea, bytea, bytea, bytea, integer, integer, integer, float8
) IS
    'The joint astrometric fit (calibration.fit_joint_astrometry): columns go in as images of arrays (sky.array_bytes), and come out as arrays.';
