-- One row per raw detection with hpx29 in [lo, hi) whose detector has a WCS and which has pixels: its position by that WCS.
-- requires: pixel_to_sky
CREATE OR REPLACE FUNCTION calibration.sky_positions(lo bigint, hi bigint)
RETURNS TABLE (hpx29 bigint, sourceId bigint, ra float8, "dec" float8, raErr real, decErr real, ra_dec_Cov real)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        u.hpx29, u.sourceId, u.ra, u.decl,
        nullif(u.raErr, 'NaN')::real, nullif(u.decErr, 'NaN')::real, nullif(u.ra_dec_Cov, 'NaN')::real
    FROM (
        SELECT
            s.visit, s.detector,
            array_agg(s.hpx29) AS hpx, array_agg(s.sourceId) AS ids,
            array_agg(s.x) AS x, array_agg(s.y) AS y,
            array_agg(s.xErr::float8) AS x_err, array_agg(s.yErr::float8) AS y_err,
            array_agg(s.x_y_Cov::float8) AS x_y_cov
        FROM raw.Source AS s
        WHERE s.hpx29 >= sky_positions.lo AND s.hpx29 < sky_positions.hi
            AND s.x IS NOT NULL AND s.y IS NOT NULL
        GROUP BY s.visit, s.detector
    ) AS g
    JOIN raw.VisitDetector AS v USING (visit, detector)
    CROSS JOIN LATERAL calibration.pixel_to_sky(
        g.x, g.y, g.x_err, g.y_err, g.x_y_cov,
        ARRAY[v.crpix1, v.crpix2], ARRAY[v.crval1, v.crval2], ARRAY[v.cd1_1, v.cd1_2, v.cd2_1, v.cd2_2],
        v.sipA, v.sipB
    ) AS p
    CROSS JOIN LATERAL unnest(g.hpx, g.ids, p.ra, p.dec, p.raErr, p.decErr, p.ra_dec_Cov)
        AS u (hpx29, sourceId, ra, decl, raErr, decErr, ra_dec_Cov)
    WHERE v.crpix1 IS NOT NULL AND v.crval1 IS NOT NULL AND v.cd1_1 IS NOT NULL;
END;

COMMENT ON FUNCTION calibration.sky_positions(bigint, bigint) IS
    'One row per raw detection with hpx29 in [lo, hi) that has pixels on a detector with a WCS: ICRS position [deg] by that WCS, with errors [deg; raErr times cos(dec)].';
