-- The joint astrometric fit of packed detections: WCS of the images, positions and motions of the stars, packed too.
CREATE OR REPLACE FUNCTION calibration.solve_packed_astrometry(
    "rows" bytea, numbers bytea, wcs bytea, images bytea, visits bytea, stars bytea, flags bytea,
    detector_order integer, visit_order integer, image_order integer, turbulence_mas float8
) RETURNS TABLE (
    tied bytea, component bytea, nStar bytea, rms bytea, frame bytea, sipA bytea, sipB bytea,
    place bytea, covariance bytea, repeatability bytea, epoch float8, iterations integer, clipped float8
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 1
AS $$
from skytract.udf.calibration.solve_packed_astrometry import solve_packed_astrometry
return solve_packed_astrometry(rows, numbers, wcs, images, visits, stars, flags, detector_order, visit_order, image_order, turbulence_mas)
$$;

COMMENT ON FUNCTION calibration.solve_packed_astrometry(
    bytea, bytea, bytea, bytea, bytea, bytea, bytea, integer, integer, integer, float8
) IS
    'The joint astrometric fit (calibration.fit_joint_astrometry): columns go in and come out as images of arrays (sky.array_bytes).';
