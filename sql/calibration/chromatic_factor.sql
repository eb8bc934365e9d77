-- Factor kappa from the coefficients of a passband and the numbers of a spectrum; inlined into queries.
CREATE OR REPLACE FUNCTION calibration.chromatic_factor(
    c1 real, c2 real, c3 real, c4 real, c5 real, c6 real, c7 real, c8 real, c9 real, c10 real,
    g1 float8, g2 float8, g3 float8, g4 float8, g5 float8,
    g6 float8, g7 float8, g8 float8, g9 float8, g10 float8
) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 1 / (1 + (
    c1 * g1 + c2 * g2 + c3 * g3 + c4 * g4 + c5 * g5 + c6 * g6 + c7 * g7 + c8 * g8 + c9 * g9 + c10 * g10
));

COMMENT ON FUNCTION calibration.chromatic_factor(
    real, real, real, real, real, real, real, real, real, real,
    float8, float8, float8, float8, float8, float8, float8, float8, float8, float8
) IS
    'kappa = 1 / (1 + c1 g1 + ... + c10 g10): the flux in the standard passband over the observed one.';
