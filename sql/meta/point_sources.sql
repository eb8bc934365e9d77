-- One row per measurement of the point sources that the repeatability metrics of a release are made of.
--
-- The selection of lsst/faro (filterMatches): objects seen by at least two visits of a band, all of whose
-- fluxes there are positive, all classified as point-like (extendedness < 0.9; an unknown one excludes the
-- object), with a median signal-to-noise ratio of at least min_snr; if clean_only, also without saturated,
-- cosmic-ray, bad or edge pixels and all primary.
CREATE OR REPLACE FUNCTION meta.point_sources(release_name text, min_snr float8, clean_only boolean)
RETURNS TABLE (band text, objectId bigint, visit bigint, ra float8, "dec" float8, mag float8)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM meta.Release AS r WHERE r.release = release_name) THEN
        RAISE EXCEPTION 'there is no release %', quote_nullable(release_name)
            USING HINT = 'SELECT release, state FROM meta.Release lists those there are.';
    END IF;
    RETURN QUERY EXECUTE format(
        $select$
        WITH chosen AS (
            SELECT s.objectId, s.band
            FROM %1$I.Source AS s
            WHERE s.objectId IS NOT NULL
            GROUP BY s.objectId, s.band
            HAVING count(*) >= 2
                AND bool_and(coalesce(s.psfFlux > 0 AND s.psfFlux < 'Infinity', false))
                AND bool_and(coalesce(s.extendedness < 0.9, false))
                AND percentile_cont(0.5) WITHIN GROUP (ORDER BY s.psfFlux / nullif(s.psfFluxErr, 0)) >= $1
                AND (NOT $2 OR bool_and(
                    coalesce(s.detect_isPrimary, true) AND NOT coalesce(
                        s.pixelFlags_saturated OR s.pixelFlags_cr OR s.pixelFlags_bad OR s.pixelFlags_edge,
                        false
                    )
                ))
        )
        SELECT s.band, s.objectId, s.visit, s.ra, s.dec, sky.scisql_nanojanskyToAbMag(s.psfFlux)
        FROM %1$I.Source AS s
        JOIN chosen USING (objectId, band)
        $select$,
        release_name
    ) USING min_snr, clean_only;
END
$$;

COMMENT ON FUNCTION meta.point_sources(text, float8, boolean) IS
    'One row per measurement (position [deg], AB magnitude) of the point sources that the repeatability metrics of a release are made of, selected as lsst/faro does: median signal-to-noise ratio of at least min_snr; if clean_only, no saturated, cosmic-ray, bad or edge pixels and all primary.';
