-- A step of fitting motions: turns pg_temp.motion_detection into offsets, times, parallax factors and weights.
--
-- pg_temp.motion_position gets one row per usable detection of the objects in pg_temp.motion_object:
-- xi, eta: east and north of the object's position [mas]; t: years since 2026.0; pa, pd: displacement to
-- east and north per parallax; wa, wd, wc: inverse of the covariance [1/mas^2]. Not usable are positions
-- and times that are no numbers, errors that are missing or not positive, correlations beyond 0.999;
-- a missing covariance is 0.
-- requires: earth_position
CREATE OR REPLACE FUNCTION association.project_positions() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Joins are planned well by few statistics, and a tenth of the time goes into full ones.
SET default_statistics_target = 10
AS $$
BEGIN
    ANALYZE pg_temp.motion_detection;
    CREATE TEMPORARY TABLE motion_epoch ON COMMIT DROP AS
    SELECT u.mjd, (u.mjd - 61041) / 365.25 AS t, u.x, u.y, u.z
    FROM (
        SELECT array_agg(n.mjd) AS mjd FROM (SELECT DISTINCT d.mjd FROM pg_temp.motion_detection AS d) AS n
    ) AS c
    CROSS JOIN LATERAL association.earth_position(c.mjd) AS e
    CROSS JOIN LATERAL unnest(c.mjd, e.x, e.y, e.z) AS u (mjd, x, y, z)
    WHERE u.x IS NOT NULL;
    ANALYZE pg_temp.motion_epoch;

    CREATE TEMPORARY TABLE motion_place ON COMMIT DROP AS
    SELECT
        o.id, radians(o.ra) AS alpha,
        sin(radians(o.ra)) AS sin_ra, cos(radians(o.ra)) AS cos_ra,
        sin(radians(o.dec)) AS sin_dec, cos(radians(o.dec)) AS cos_dec
    FROM pg_temp.motion_object AS o;
    ANALYZE pg_temp.motion_place;

    CREATE TEMPORARY TABLE motion_position ON COMMIT DROP AS
    SELECT
        d.id, d.detection, e.t,
        e.x * o.sin_ra - e.y * o.cos_ra AS pa,
        (e.x * o.cos_ra + e.y * o.sin_ra) * o.sin_dec - e.z * o.cos_dec AS pd,
        cos(d.delta) * sin(d.alpha - o.alpha) * d.mas AS xi,
        (sin(d.delta) * o.cos_dec - cos(d.delta) * o.sin_dec * cos(d.alpha - o.alpha)) * d.mas AS eta,
        d.decVar / (d.raVar * d.decVar - d.cov * d.cov) AS wa,
        d.raVar / (d.raVar * d.decVar - d.cov * d.cov) AS wd,
        -d.cov / (d.raVar * d.decVar - d.cov * d.cov) AS wc
    FROM (
        SELECT
            n.id, n.detection, n.mjd, radians(n.ra) AS alpha, radians(n.dec) AS delta, degrees(3.6e6) AS mas,
            n.raErr * n.raErr * 1.296e13 AS raVar, n.decErr * n.decErr * 1.296e13 AS decVar,
            coalesce(nullif(n.ra_dec_Cov, 'NaN'), 0) * 1.296e13 AS cov
        FROM pg_temp.motion_detection AS n
        WHERE abs(n.ra) < 'Infinity' AND abs(n.dec) <= 90
            AND n.raErr > 0 AND n.raErr < 'Infinity' AND n.decErr > 0 AND n.decErr < 'Infinity'
        OFFSET 0
    ) AS d
    JOIN pg_temp.motion_place AS o USING (id)
    JOIN pg_temp.motion_epoch AS e USING (mjd)
    WHERE d.cov * d.cov < 0.998 * d.raVar * d.decVar
    -- Sums of floating-point numbers depend on their order: this one is always the same.
    ORDER BY d.id, d.detection;
    ANALYZE pg_temp.motion_position;
    DROP TABLE pg_temp.motion_epoch, pg_temp.motion_place;
END
$$;

COMMENT ON FUNCTION association.project_positions() IS
    'A step of fitting motions: offsets [mas] of the detections in pg_temp.motion_detection from the objects in pg_temp.motion_object, with times [yr], parallax factors and weights, as pg_temp.motion_position.';
