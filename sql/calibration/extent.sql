-- What an extendedness says of a source, as the inference of spectra takes it.
CREATE OR REPLACE FUNCTION calibration.extent(extendedness float8) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN extendedness >= 0.5 AND extendedness <= 1 THEN 2 WHEN extendedness >= 0 AND extendedness < 0.5 THEN 1 ELSE 0 END;

COMMENT ON FUNCTION calibration.extent(float8) IS
    '1 for a point (extendedness below 0.5), 2 for an extended source, 0 if it is not known.';
