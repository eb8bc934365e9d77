-- Forced fluxes of the objects in [lo, hi), calibrated for sources of a spectrum.
-- requires: flux_factors
CREATE OR REPLACE FUNCTION calibration.recalibrate(
    lo bigint, hi bigint, sed bytea, solution text DEFAULT NULL, passbands text DEFAULT NULL,
    bands text[] DEFAULT NULL
) RETURNS TABLE (
    objectId bigint, visit bigint, detector integer, band text,
    psfFlux float8, psfFluxErr float8, psfFlux_flag boolean,
    psfDiffFlux float8, psfDiffFluxErr float8, psfDiffFlux_flag boolean
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000000
BEGIN ATOMIC
SELECT
    f.objectId, f.visit, f.detector, k.band,
    f.psfInstFlux * k.factor, f.psfInstFluxErr * k.factor, f.psfInstFlux_flag,
    f.psfDiffInstFlux * k.factor, f.psfDiffInstFluxErr * k.factor, f.psfDiffInstFlux_flag
FROM raw.ForcedSource AS f
JOIN (
    SELECT t.visit, t.detector, t.band, t.factor
    FROM calibration.flux_factors(
        recalibrate.sed, recalibrate.solution, recalibrate.passbands, recalibrate.bands
    ) AS t
    -- A fence: the factor is computed once per passband, not once per row.
    OFFSET 0
) AS k USING (visit, detector)
WHERE f.objectId >= recalibrate.lo AND f.objectId < recalibrate.hi;
END;

COMMENT ON FUNCTION calibration.recalibrate(bigint, bigint, bytea, text, text, text[]) IS
    'Forced fluxes [nJy] of the objects with objectId in [lo, hi), in the standard passbands, for sources of this spectrum (calibration.sed): counts x zMean x kappa. solution and passbands are names (NULL: the newest). For CREATE TABLE AS.';
