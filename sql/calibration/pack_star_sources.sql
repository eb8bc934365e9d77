-- The detections of the view pg_temp.calibration_star_source as calibration.solve_astrometry takes them.
--
-- Images are those of pg_temp.astrometry_image, refraction that of pg_temp.star_refraction. NULLs if no image of
-- a star is there.
CREATE OR REPLACE FUNCTION calibration.pack_star_sources() RETURNS TABLE ("values" bytea, numbers bytea)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1
-- As in calibration.select_calibration_stars.
SET enable_nestloop = off
SET enable_mergejoin = off
SET work_mem = '384MB'
AS $$
BEGIN
    -- SELECT INTO would read all of them in one process.
    RETURN QUERY SELECT
        sky.array_bytes(array_agg(s.x)) || sky.array_bytes(array_agg(s.y))
        || sky.array_bytes(array_agg(s.err)) || sky.array_bytes(array_agg(s.lift)),
        sky.array_bytes(array_agg(s.number)) || sky.array_bytes(array_agg(s.image))
    FROM (
        SELECT
            d.x, d.y, d.number, i.image, coalesce(f.lift, 0)::real AS lift,
            -- Of a centroid without an error: that of a Gaussian of the PSF's width.
            coalesce(
                sqrt((nullif(d.xErr::float8, 'NaN') * d.xErr + nullif(d.yErr::float8, 'NaN') * d.yErr) / 2),
                i.psfSigma * d.countsErr / d.counts
            )::real AS err
        FROM pg_temp.calibration_star_source AS d
        JOIN pg_temp.astrometry_image AS i USING (visit, detector)
        LEFT JOIN pg_temp.star_refraction AS f ON f.number = d.number AND f.band = d.band
    ) AS s;
END
$$;

COMMENT ON FUNCTION calibration.pack_star_sources() IS
    'A working step of calibration.fit_joint_astrometry: x, y, error and refraction of the detections of its stars, and numbers of star and image, as images of arrays (sky.array_bytes).';
