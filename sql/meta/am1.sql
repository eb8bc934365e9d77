-- AM1 per band: repeatability of separations of about 5 arcmin [mas] between point sources of a release.
--
-- SRD (LPM-17), table 18: rms over visits of the separation of pairs of sources, here the median over
-- pairs. As lsst/faro computes it: clean sources of median signal-to-noise ratio >= 50 and median magnitude
-- in [17, 21.5), pairs whose mean positions are 4 to 6 arcmin apart, separations in the visits that saw
-- both, at least two of them, standard deviation with n - 1 in the denominator.
-- requires: point_sources
CREATE OR REPLACE FUNCTION meta.am1(release_name text)
RETURNS TABLE (band text, mas float8, nPair bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
#variable_conflict use_column
BEGIN
    CREATE TEMPORARY TABLE clean_source ON COMMIT DROP AS
    SELECT * FROM meta.point_sources(release_name, 50, true);

    -- One row per source of the right magnitude, with the mean of its positions as unit vectors.
    CREATE TEMPORARY TABLE clean_object ON COMMIT DROP AS
    SELECT
        m.band, m.objectId,
        degrees(atan2(m.y, m.x)) AS ra, degrees(atan2(m.z, sqrt(m.x ^ 2 + m.y ^ 2))) AS dec
    FROM (
        SELECT
            s.band, s.objectId,
            avg(cos(radians(s.dec)) * cos(radians(s.ra))) AS x,
            avg(cos(radians(s.dec)) * sin(radians(s.ra))) AS y,
            avg(sin(radians(s.dec))) AS z
        FROM pg_temp.clean_source AS s
        GROUP BY s.band, s.objectId
        HAVING percentile_cont(0.5) WITHIN GROUP (ORDER BY s.mag) >= 17
            AND percentile_cont(0.5) WITHIN GROUP (ORDER BY s.mag) < 21.5
    ) AS m;
    CREATE INDEX ON pg_temp.clean_object (public.q3c_ang2ipix(ra, dec));
    ANALYZE pg_temp.clean_source;
    ANALYZE pg_temp.clean_object;

    CREATE TEMPORARY TABLE distant_pair ON COMMIT DROP AS
    SELECT a.band, a.objectId AS first_id, b.objectId AS second_id
    FROM pg_temp.clean_object AS a
    JOIN pg_temp.clean_object AS b
        ON public.q3c_join(a.ra, a.dec, b.ra, b.dec, 6 / 60.0::float8)
        AND b.band = a.band AND b.objectId > a.objectId
    WHERE sky.separation(a.ra, a.dec, b.ra, b.dec) >= 4 / 60.0::float8
        AND sky.separation(a.ra, a.dec, b.ra, b.dec) < 6 / 60.0::float8;
    ANALYZE pg_temp.distant_pair;

    RETURN QUERY
    SELECT r.band, percentile_cont(0.5) WITHIN GROUP (ORDER BY r.rms) * 3600000, count(*)
    FROM (
        SELECT p.band, stddev_samp(sky.separation(a.ra, a.dec, b.ra, b.dec)) AS rms
        FROM pg_temp.distant_pair AS p
        JOIN pg_temp.clean_source AS a ON a.band = p.band AND a.objectId = p.first_id
        JOIN pg_temp.clean_source AS b ON b.band = p.band AND b.objectId = p.second_id AND b.visit = a.visit
        GROUP BY p.band, p.first_id, p.second_id
        HAVING count(*) >= 2
    ) AS r
    GROUP BY r.band
    ORDER BY r.band;

    DROP TABLE pg_temp.clean_source, pg_temp.clean_object, pg_temp.distant_pair;
END
$$;

COMMENT ON FUNCTION meta.am1(text) IS
    'AM1 per band: median over pairs of clean point sources 4 to 6 arcmin apart (S/N >= 50, magnitude 17 to 21.5) of the rms of their separation over visits [mas], with the number of pairs. SRD design: 10 mas in r, i. Selection and formula of lsst/faro.';
