-- Chromatic factors of an SED of the library or of the caller for every observed passband.
-- requires: kappa sed_by_name
CREATE OR REPLACE FUNCTION calibration.kappa(
    sed text, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, detector integer, band text, kappa float8)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000
BEGIN ATOMIC
SELECT k.visit, k.detector, k.band, k.kappa
FROM calibration.kappa(calibration.sed(kappa.sed), kappa.passbands, kappa.bands) AS k;
END;

COMMENT ON FUNCTION calibration.kappa(text, text, text[]) IS
    'A row per visit and detector: the factor from the flux in the observed passband to that in the standard one, for the SED of this name: flux [nJy] = counts x zMean x kappa. passbands names a set of observed passbands (NULL: the newest).';
