-- Factors from counts to flux [nJy] for sources of a named SED, one row per visit and detector.
-- requires: flux_factors sed_by_name
CREATE OR REPLACE FUNCTION calibration.flux_factors(
    sed text, solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, detector integer, band text, factor float8)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000
BEGIN ATOMIC
SELECT k.visit, k.detector, k.band, k.factor
FROM calibration.flux_factors(
    calibration.sed(flux_factors.sed), flux_factors.solution, flux_factors.passbands, flux_factors.bands
) AS k;
END;

COMMENT ON FUNCTION calibration.flux_factors(text, text, text, text[]) IS
    'A row per visit and detector: flux [nJy] in the standard passband of one count, zMean x kappa, for the SED of this name. solution and passbands are names (NULL: the newest). Join it with any raw table.';
