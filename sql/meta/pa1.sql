-- PA1 per band: photometric repeatability of bright point sources [mmag] of a release.
--
-- SRD (LPM-17), table 14: rms of the magnitudes of a point source about their mean, here the median over
-- sources. As lsst/faro computes it: median signal-to-noise ratio >= 200, no cut on flags, sources with
-- more than two measurements, standard deviation with n (not n - 1) in the denominator.
-- requires: point_sources
CREATE OR REPLACE FUNCTION meta.pa1(release_name text)
RETURNS TABLE (band text, mmag float8, nObject bigint)
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT o.band, percentile_cont(0.5) WITHIN GROUP (ORDER BY o.rms) * 1000, count(*)
    FROM (
        SELECT p.band, stddev_pop(p.mag) AS rms
        FROM meta.point_sources(pa1.release_name, 200, false) AS p
        GROUP BY p.band, p.objectId
        HAVING count(*) > 2
    ) AS o
    GROUP BY o.band
    ORDER BY o.band;
END;

COMMENT ON FUNCTION meta.pa1(text) IS
    'PA1 per band: median over bright point sources (S/N >= 200, more than two visits) of the rms of their PSF magnitudes [mmag], with the number of sources. SRD design: 5 mmag in g r i, 7.5 in u z y. Selection and formula of lsst/faro.';
