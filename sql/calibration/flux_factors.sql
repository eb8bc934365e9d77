-- Factors from counts to flux [nJy] for sources of a spectrum, one row per visit and detector.
-- requires: find_solution kappa sed
CREATE OR REPLACE FUNCTION calibration.flux_factors(
    sed bytea, solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, detector integer, band text, factor float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100000
AS $$
SELECT k.visit, k.detector, k.band, p.zMean * k.kappa
FROM calibration.kappa(flux_factors.sed, flux_factors.passbands, flux_factors.bands) AS k
LEFT JOIN calibration.PhotoCalib AS p ON p.visit = k.visit AND p.detector = k.detector
    AND p.solutionId = (SELECT calibration.find_solution('photometry', flux_factors.solution))
$$;

COMMENT ON FUNCTION calibration.flux_factors(bytea, text, text, text[]) IS
    'A row per visit and detector: flux [nJy] in the standard passband of one count, zMean x kappa (NULL without zero point), for sources of this spectrum. solution and passbands are names (NULL: the newest). Join it with any raw table.';

CREATE OR REPLACE FUNCTION calibration.flux_factors(
    sed text, solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, detector integer, band text, factor float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100000
AS $$
SELECT k.visit, k.detector, k.band, k.factor
FROM calibration.flux_factors(
    calibration.sed(flux_factors.sed), flux_factors.solution, flux_factors.passbands, flux_factors.bands
) AS k
$$;

COMMENT ON FUNCTION calibration.flux_factors(text, text, text, text[]) IS
    'A row per visit and detector: flux [nJy] in the standard passband of one count, zMean x kappa (NULL without zero point), for the SED of this name. solution and passbands are names (NULL: the newest). Join it with any raw table.';
