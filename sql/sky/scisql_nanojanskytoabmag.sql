-- AB magnitude of a flux [nJy]: 31.4 - 2.5 log10(flux), exactly; NULL if the flux is not positive and finite.
CREATE OR REPLACE FUNCTION sky.scisql_nanojanskyToAbMag(flux float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN flux > 0 AND flux < 'Infinity' THEN 31.4 - 2.5 * log(flux) END;

COMMENT ON FUNCTION sky.scisql_nanojanskyToAbMag(float8) IS
    'AB magnitude of a flux [nJy]: 31.4 - 2.5 log10(flux); NULL if the flux is not positive and finite.';
