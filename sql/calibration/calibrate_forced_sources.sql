-- Fills a release's ForcedSource for objectId in [lo, hi) from the raw forced fluxes, and returns the number of rows.
-- requires: require_solution
CREATE OR REPLACE FUNCTION calibration.calibrate_forced_sources(release_name text, lo bigint, hi bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    solution_id bigint := calibration.require_solution(release_name);
    written bigint;
BEGIN
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
            f.objectId, f.visit, f.detector, v.band, $3, f.ra, f.dec,
            f.psfInstFlux * c.zMean, f.psfInstFluxErr * c.zMean, f.psfInstFlux_flag,
            f.psfDiffInstFlux * c.zMean, f.psfDiffInstFluxErr * c.zMean, f.psfDiffInstFlux_flag,
            f.pixelFlags_bad, f.pixelFlags_cr, f.pixelFlags_edge,
            f.pixelFlags_interpolated, f.pixelFlags_saturated, f.pixelFlags_suspect
        FROM raw.ForcedSource AS f
        JOIN raw.Visit AS v USING (visit)
        LEFT JOIN calibration.PhotoCalib AS c
            ON c.solutionId = $3 AND c.visit = f.visit AND c.detector = f.detector
        WHERE f.objectId >= $1 AND f.objectId < $2
        ORDER BY f.objectId, f.visit, f.detector
        $insert$,
        release_name
    ) USING lo, hi, solution_id;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.calibrate_forced_sources(text, bigint, bigint) IS
    'Fills a release''s ForcedSource for objectId in [lo, hi) from the raw forced fluxes by the release''s solution. Returns the number of rows; running it again gives the same.';
