-- Makes a table of the forced fluxes of a stretch of the sky, calibrated for sources of a named SED.
-- requires: recalibrate sed_by_name
CREATE OR REPLACE FUNCTION calibration.recalibrate(
    new_table text, lo bigint, hi bigint, sed text,
    solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
SELECT calibration.recalibrate(
    recalibrate.new_table, recalibrate.lo, recalibrate.hi, calibration.sed(recalibrate.sed),
    recalibrate.solution, recalibrate.passbands, recalibrate.bands
);
END;

COMMENT ON FUNCTION calibration.recalibrate(text, bigint, bigint, text, text, text, text[]) IS
    'Makes a table (of the own schema, unless another is named) of the forced fluxes [nJy] of the objects with objectId in [lo, hi), in the standard passbands, for the SED of this name: counts x zMean x kappa; returns the number of rows. solution and passbands are names (NULL: the newest).';
