-- Error [mag, 1 sigma] of the AB magnitude of a flux and its error [nJy]: 2.5 / ln 10 times their ratio; NULL where the magnitude is.
CREATE OR REPLACE FUNCTION sky.scisql_nanojanskyToAbMagSigma(flux float8, fluxErr float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN flux > 0 AND flux < 'Infinity' AND fluxErr < 'Infinity' THEN 2.5 / ln(10::float8) * fluxErr / flux END;

COMMENT ON FUNCTION sky.scisql_nanojanskyToAbMagSigma(float8, float8) IS
    '1-sigma error [mag] of the AB magnitude of a flux and its error [nJy]; NULL where the magnitude is.';
