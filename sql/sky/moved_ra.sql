-- Right ascension [deg] of a star so many years later, moving along its great circle.
CREATE OR REPLACE FUNCTION sky.moved_ra(
    ra double precision,
    "dec" double precision,
    pmRa double precision,
    pmDec double precision,
    years double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- The position vector plus years times the tangential motion; 3.6e6 mas are a degree.
RETURN ra + degrees(atan2(
    radians(pmRa * years / 3.6e6),
    cos(radians(dec)) - sin(radians(dec)) * radians(pmDec * years / 3.6e6)
));

COMMENT ON FUNCTION sky.moved_ra(
    double precision, double precision, double precision, double precision, double precision
) IS 'Right ascension [deg], not reduced to [0, 360), of a star of position (ra, dec) [deg] and proper motion (pmRa times cos dec, pmDec) [mas/yr] after some years of motion without radial velocity.';
