-- Angle between two positions [deg], exact to rounding from microarcseconds to antipodes.
CREATE OR REPLACE FUNCTION sky.separation(
    ra1 double precision,
    dec1 double precision,
    ra2 double precision,
    dec2 double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- q3c_sindist is sin^2 of half the angle (haversine); the second one goes to the antipode and is
-- cos^2 of half the angle, so neither end of the range loses digits.
RETURN degrees(2.0 * atan2(
    sqrt(public.q3c_sindist(ra1, dec1, ra2, dec2)),
    sqrt(public.q3c_sindist(ra1, dec1, ra2 + 180.0, -dec2))
));

COMMENT ON FUNCTION sky.separation(
    double precision, double precision, double precision, double precision
) IS 'Angle [deg] between the positions (ra1, dec1) and (ra2, dec2) [deg].';
