-- Declination [deg] of a star so many years later, moving along its great circle.
CREATE OR REPLACE FUNCTION sky.moved_dec(
    "dec" double precision,
    pmRa double precision,
    pmDec double precision,
    years double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN degrees(atan2(
    sin(radians(dec)) + cos(radians(dec)) * radians(pmDec * years / 3.6e6),
    sqrt(
        power(radians(pmRa * years / 3.6e6), 2.0)
        + power(cos(radians(dec)) - sin(radians(dec)) * radians(pmDec * years / 3.6e6), 2.0)
    )
));

COMMENT ON FUNCTION sky.moved_dec(double precision, double precision, double precision, double precision) IS
    'Declination [deg] of a star of declination dec [deg] and proper motion (pmRa times cos dec, pmDec) [mas/yr] after some years of motion without radial velocity.';
