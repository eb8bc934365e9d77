-- One row per object with objectId in [lo, hi) and band: how well its detections agree with each other (LDM-151 8.24.4).
--
-- Position: mean of the unit vectors, and standard deviations (n - 1) in the tangent plane there.
-- Fluxes, where unflagged with an error: mean weighted by 1 / error^2, standard deviation, and chi2 about
-- the mean, with psfFluxNdata - 1 degrees of freedom. NULL where a number needs more detections.
-- requires: discovered_elsewhere
CREATE OR REPLACE FUNCTION association.repeatability(
    release_name text, lo bigint DEFAULT 0, hi bigint DEFAULT 3458764513820540928
) RETURNS TABLE (
    objectId bigint, band text, nSource bigint, ra float8, "dec" float8,
    raScatterArcsec float8, decScatterArcsec float8,
    psfFluxNdata bigint, psfFluxMean float8, psfFluxScatter float8, psfFluxChi2 float8
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM meta.Release AS r WHERE r.release = release_name) THEN
        RAISE EXCEPTION 'there is no release %', release_name
            USING HINT = '`skytract release list` lists those there are.';
    END IF;
    RETURN QUERY EXECUTE format(
        $select$
        WITH member AS MATERIALIZED (
            SELECT
                s.objectId, s.band, s.ra, s.dec, s.psfFlux::float8 AS flux,
                CASE WHEN NOT s.psfFlux_flag AND abs(s.psfFlux) < 'Infinity'
                    AND s.psfFluxErr > 0 AND s.psfFluxErr < 'Infinity' THEN 1 / s.psfFluxErr::float8 ^ 2 END AS weight,
                cos(radians(s.dec)) * cos(radians(s.ra)) AS x,
                cos(radians(s.dec)) * sin(radians(s.ra)) AS y,
                sin(radians(s.dec)) AS z
            FROM (
                SELECT n.* FROM %1$I.Source AS n
                WHERE n.hpx29 >= $1 AND n.hpx29 < $2 AND n.objectId >= $1 AND n.objectId < $2
                UNION ALL
                SELECT b.* FROM association.SourceGroup AS g
                JOIN %1$I.Source AS b ON b.hpx29 = g.hpx29 AND b.sourceId = g.sourceId
                WHERE g.release = $3 AND association.discovered_elsewhere(g.objectId, g.hpx29, $1, $2)
            ) AS s
        ), middle AS MATERIALIZED (
            SELECT
                m.objectId, m.band, atan2(avg(m.y), avg(m.x)) AS alpha,
                atan2(avg(m.z), sqrt(avg(m.x) ^ 2 + avg(m.y) ^ 2)) AS delta,
                sum(m.weight * m.flux) / sum(m.weight) AS mean
            FROM member AS m
            GROUP BY m.objectId, m.band
        )
        SELECT
            c.objectId, c.band, count(*),
            CASE WHEN c.alpha < 0 AND degrees(c.alpha) + 360 < 360 THEN degrees(c.alpha) + 360
                ELSE greatest(degrees(c.alpha), 0) END,
            degrees(c.delta),
            3600 * degrees(stddev_samp(m.y * cos(c.alpha) - m.x * sin(c.alpha))),
            3600 * degrees(stddev_samp(
                m.z * cos(c.delta) - (m.x * cos(c.alpha) + m.y * sin(c.alpha)) * sin(c.delta)
            )),
            count(m.weight), c.mean,
            stddev_samp(m.flux) FILTER (WHERE m.weight > 0),
            sum(m.weight * (m.flux - c.mean) ^ 2)
        FROM middle AS c
        JOIN member AS m ON m.objectId = c.objectId AND m.band = c.band
        GROUP BY c.objectId, c.band, c.alpha, c.delta, c.mean
        ORDER BY c.objectId, c.band
        $select$,
        release_name
    ) USING lo, hi, release_name;
END
$$;

COMMENT ON FUNCTION association.repeatability(text, bigint, bigint) IS
    'One row per object (objectId in [lo, hi), or all) and band of a release: mean position [deg] and its scatter [arcsec], mean PSF flux, its scatter [nJy] and chi2, over the detections of the object.';
