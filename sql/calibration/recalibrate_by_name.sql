-- Forced fluxes of the objects in [lo, hi), calibrated for sources of a named SED.
-- requires: recalibrate sed_by_name
CREATE OR REPLACE FUNCTION calibration.recalibrate(
    lo bigint, hi bigint, sed text, solution text DEFAULT NULL, passbands text DEFAULT NULL,
    bands text[] DEFAULT NULL
) RETURNS TABLE (
    objectId bigint, visit bigint, detector integer, band text,
    psfFlux float8, psfFluxErr float8, psfFlux_flag boolean,
    psfDiffFlux float8, psfDiffFluxErr float8, psfDiffFlux_flag boolean
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000000
BEGIN ATOMIC
SELECT r.*
FROM calibration.recalibrate(
    recalibrate.lo, recalibrate.hi, calibration.sed(recalibrate.sed), recalibrate.solution,
    recalibrate.passbands, recalibrate.bands
) AS r;
END;

COMMENT ON FUNCTION calibration.recalibrate(bigint, bigint, text, text, text, text[]) IS
    'Forced fluxes [nJy] of the objects with objectId in [lo, hi), in the standard passbands, for the SED of this name: counts x zMean x kappa. solution and passbands are names (NULL: the newest). For CREATE TABLE AS.';
