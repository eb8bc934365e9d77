-- The query that turns pg_temp.motion_detection into offsets, times, parallax factors and weights.
--
-- One row per usable detection of the objects in pg_temp.motion_place (association.prepare_motions), with
-- xi, eta: east and north of the object's position [mas]; t: years since 2026.0; pa, pd: displacement to
-- east and north per parallax; wa, wd, wc: inverse of the covariance [1/mas^2]. Not usable are positions
-- and times that are no numbers, errors that are missing or not positive, correlations beyond 0.999;
-- a missing covariance is 0. It is a text because planners do not see into functions over temporary
-- tables.
-- NULLIF: planners take it that hardly a row is NULL, but of seven comparisons that all rows but a
-- millionth fail, and then compare each position with each object.
CREATE OR REPLACE FUNCTION association.projected_positions() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $query$
    SELECT
        d.id, d.detection, e.t,
        e.x * o.sin_ra - e.y * o.cos_ra AS pa,
        (e.x * o.cos_ra + e.y * o.sin_ra) * o.sin_dec - e.z * o.cos_dec AS pd,
        d.cos_dec * sin(radians(d.ra - o.ra)) * d.mas AS xi,
        (sin(radians(d.decl - o.decl)) + 2 * d.cos_dec * o.sin_dec * sin(radians(d.ra - o.ra) / 2) ^ 2) * d.mas AS eta,
        d.decVar * d.perDeterminant AS wa,
        d.raVar * d.perDeterminant AS wd,
        -d.cov * d.perDeterminant AS wc
    FROM (
        SELECT v.*, 1 / (v.raVar * v.decVar - v.cov * v.cov) AS perDeterminant
        FROM (
            SELECT
                n.id, n.detection, n.mjd, n.ra, n.dec AS decl,
                cos(radians(n.dec)) AS cos_dec, degrees(3.6e6) AS mas,
                n.raErr * n.raErr * 1.296e13 AS raVar, n.decErr * n.decErr * 1.296e13 AS decVar,
                coalesce(nullif(n.ra_dec_Cov, 'NaN'), 0) * 1.296e13 AS cov
            FROM pg_temp.motion_detection AS n
            WHERE nullif(
                abs(n.ra) < 'Infinity' AND abs(n.dec) <= 90
                AND n.raErr > 0 AND n.raErr < 'Infinity' AND n.decErr > 0 AND n.decErr < 'Infinity',
                false
            ) IS NOT NULL
            OFFSET 0
        ) AS v
        WHERE nullif(v.cov * v.cov < 0.998 * v.raVar * v.decVar, false) IS NOT NULL
        OFFSET 0
    ) AS d
    JOIN pg_temp.motion_place AS o USING (id)
    JOIN pg_temp.motion_epoch AS e USING (mjd)
$query$;

COMMENT ON FUNCTION association.projected_positions() IS
    'The text of the query that gives offsets [mas] of the detections in pg_temp.motion_detection from the objects in pg_temp.motion_object, with times [yr], parallax factors and weights.';
