-- Component of a position [deg] along a vector: their scalar product.
CREATE OR REPLACE FUNCTION sky.project(
    ra double precision,
    "dec" double precision,
    x double precision,
    y double precision,
    z double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN cos(radians(dec)) * (x * cos(radians(ra)) + y * sin(radians(ra))) + z * sin(radians(dec));

COMMENT ON FUNCTION sky.project(
    double precision, double precision, double precision, double precision, double precision
) IS 'Scalar product of the unit vector to (ra, dec) [deg] and the vector (x, y, z); x points to (0, 0), y to (90, 0), z to the north pole.';
