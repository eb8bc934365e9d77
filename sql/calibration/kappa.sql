-- Chromatic factors of a spectrum for every observed passband of a set.
-- requires: chromatic_factor find_solution sed sed_coefficients
CREATE OR REPLACE FUNCTION calibration.kappa(
    sed bytea, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, detector integer, band text, kappa float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100000
AS $$
SELECT
    c.visit, c.detector, c.band,
    calibration.chromatic_factor(
        c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
        s.g1, s.g2, s.g3, s.g4, s.g5, s.g6, s.g7, s.g8, s.g9, s.g10
    )
FROM calibration.PassbandCoefficient AS c
-- Numbers of the spectrum are found before workers start: those need no Python then.
JOIN unnest((
    SELECT array_agg(n) FROM calibration.sed_coefficients(kappa.sed, kappa.passbands, kappa.bands) AS n
)) AS s (
    band text,
    g1 float8, g2 float8, g3 float8, g4 float8, g5 float8,
    g6 float8, g7 float8, g8 float8, g9 float8, g10 float8
) USING (band)
WHERE c.solutionId = (SELECT calibration.find_solution('passband', kappa.passbands))
$$;

COMMENT ON FUNCTION calibration.kappa(bytea, text, text[]) IS
    'A row per visit and detector: the factor from the flux in the observed passband to that in the standard one, for a source of this spectrum (calibration.sed): flux [nJy] = counts x zMean x kappa. passbands names a set of observed passbands (NULL: the newest).';

CREATE OR REPLACE FUNCTION calibration.kappa(
    sed text, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, detector integer, band text, kappa float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100000
AS $$
SELECT k.visit, k.detector, k.band, k.kappa
FROM calibration.kappa(calibration.sed(kappa.sed), kappa.passbands, kappa.bands) AS k
$$;

COMMENT ON FUNCTION calibration.kappa(text, text, text[]) IS
    'A row per visit and detector: the factor from the flux in the observed passband to that in the standard one, for the SED of this name: flux [nJy] = counts x zMean x kappa. passbands names a set of observed passbands (NULL: the newest).';
