-- DiaObjects of an earlier time, in a stretch of right ascension about the equator, 10,000 to the
-- square degree. Every fifth of those in the field of the visits was seen ten times.
-- Their number is bench.objects.
CREATE TEMPORARY TABLE dia_filling AS
SELECT
    g.number, g.ra, g.dec, sky.hpx29(g.ra, g.dec) AS key,
    g.number % 5 = 0 AND g.ra BETWEEN 0.05 AND 3.15 AND abs(g.dec) <= 1.55 AS seen
FROM (
    -- The golden ratio spreads them evenly.
    SELECT n AS number,
        (n / 31250.0)::float8 AS ra,
        (mod(n * 0.6180339887498949, 1.0) * 3.2 - 1.6)::float8 AS "dec"
    FROM generate_series(0, current_setting('bench.objects')::bigint - 1) AS n
) AS g;
INSERT INTO dr1.DiaObject (
    diaObjectId, ra, dec, raErr, decErr, firstDiaSourceMjdTai, lastDiaSourceMjdTai, nDiaSources
)
SELECT f.key, f.ra, f.dec, 1e-5, 1e-5, 59000, 59009, CASE WHEN f.seen THEN 10 ELSE 1 END
FROM dia_filling AS f
ORDER BY f.key;
INSERT INTO dr1.DiaSource (
    hpx29, diaSourceId, diaObjectId, visit, detector, band, midpointMjdTai,
    coord_ra, coord_dec, ra, dec, raErr, decErr, psfFlux, psfFluxErr, scienceFlux, scienceFluxErr
)
SELECT
    f.key, f.number * 10 + s, f.key, -1 - s, 0, substr('ugrizygriz', s + 1, 1), 59000 + s,
    f.ra, f.dec, f.ra, f.dec, 2e-5, 2e-5, 100 * s, 10, 1000 + 100 * s, 10
FROM dia_filling AS f
CROSS JOIN generate_series(0, 9) AS s
WHERE f.seen
ORDER BY s, f.key;
DROP TABLE dia_filling;
