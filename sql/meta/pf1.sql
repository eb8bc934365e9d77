-- PF1 per band: share of the measurements of bright point sources of a release that deviate by more than PA2 [percent].
--
-- SRD (LPM-17), table 14, with the design value of PA2, 15 mmag in g r i and 22.5 in u z y. As lsst/faro
-- computes it: the sources of PA1, all their deviations from the mean magnitude together. (lsst/faro takes
-- 15 mmag in every band unless it is configured otherwise.)
-- requires: point_sources
CREATE OR REPLACE FUNCTION meta.pf1(release_name text)
RETURNS TABLE (band text, percent float8, nMeasurement bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT
        d.band,
        100 * avg((abs(d.deviation) > CASE WHEN d.band IN ('g', 'r', 'i') THEN 0.015 ELSE 0.0225 END)::integer::float8),
        count(*)
    FROM (
        SELECT
            p.band,
            p.mag - avg(p.mag) OVER (PARTITION BY p.band, p.objectId) AS deviation,
            count(*) OVER (PARTITION BY p.band, p.objectId) AS n
        FROM meta.point_sources(pf1.release_name, 200, false) AS p
    ) AS d
    WHERE d.n > 2
    GROUP BY d.band
    ORDER BY d.band;
END;

COMMENT ON FUNCTION meta.pf1(text) IS
    'PF1 per band: percentage of the magnitudes of the sources of PA1 that deviate from their mean by more than PA2 (15 mmag in g r i, 22.5 in u z y), with the number of magnitudes. SRD design: 10 %. Selection and formula of lsst/faro.';
