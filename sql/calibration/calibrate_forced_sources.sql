-- Fills a release's ForcedSource for objectId in [lo, hi) from the raw forced fluxes, and returns the number of rows.
-- requires: stage_factors warn_without_sed
CREATE OR REPLACE FUNCTION calibration.calibrate_forced_sources(release_name text, lo bigint, hi bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    solution_id bigint := calibration.require_solution(release_name);
    flux record;
    written bigint;
BEGIN
    PERFORM calibration.warn_without_sed(release_name, lo, hi);
    flux := calibration.stage_factors(
        release_name,
        format('SELECT r.objectId FROM raw.ForcedSource AS r WHERE r.objectId >= %s AND r.objectId < %s', lo, hi),
        'r.objectId', 'r.objectId'
    );
    EXECUTE format('DELETE FROM %I.ForcedSource WHERE objectId >= $1 AND objectId < $2', release_name) USING lo, hi;
    EXECUTE format(
        $insert$
        INSERT INTO %I.ForcedSource (
            objectId, visit, detector, band, solutionId, coord_ra, coord_dec,
            psfFlux, psfFluxErr, psfFlux_flag, psfDiffFlux, psfDiffFluxErr, psfDiffFlux_flag,
            pixelFlags_bad, pixelFlags_cr, pixelFlags_edge,
            pixelFlags_interpolated, pixelFlags_saturated, pixelFlags_suspect
        )
        SELECT
            f.objectId, f.visit, f.detector, f.band, $3, f.ra, f.dec,
            f.psfInstFlux * f.factor, f.psfInstFluxErr * f.factor, f.psfInstFlux_flag,
            f.psfDiffInstFlux * f.variable_factor, f.psfDiffInstFluxErr * f.variable_factor, f.psfDiffInstFlux_flag,
            f.pixelFlags_bad, f.pixelFlags_cr, f.pixelFlags_edge,
            f.pixelFlags_interpolated, f.pixelFlags_saturated, f.pixelFlags_suspect
        FROM (
            SELECT r.*, v.band, %s AS factor, %s AS variable_factor
            FROM raw.ForcedSource AS r
            JOIN raw.Visit AS v USING (visit)
            %s
            WHERE r.objectId >= $1 AND r.objectId < $2
            -- Factors are computed once per row.
            OFFSET 0
        ) AS f
        ORDER BY f.objectId, f.visit, f.detector
        $insert$,
        release_name, flux.factor, flux.variable_factor, flux.joins
    ) USING lo, hi, solution_id;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.calibrate_forced_sources(text, bigint, bigint) IS
    'Fills a release''s ForcedSource for objectId in [lo, hi) from the raw forced fluxes by the release''s solution and SEDs. Returns the number of rows; running it again gives the same.';
