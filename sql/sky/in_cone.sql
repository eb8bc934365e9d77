-- Whether a row lies in a circle [deg]: prunes partitions and uses the primary key.
-- requires: in_ranges cone_bounds margin_arcsec
CREATE OR REPLACE FUNCTION sky.in_cone(
    hpx29 bigint,
    ra double precision,
    "dec" double precision,
    ra_centre double precision,
    dec_centre double precision,
    radius double precision
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.in_ranges(hpx29, sky.cone_bounds(ra_centre, dec_centre, radius, sky.margin_arcsec()))
    -- Haversine; the relative 1e-15 keeps rounding from losing positions on the rim.
    AND public.q3c_sindist(ra, dec, ra_centre, dec_centre)
        <= power(sin(radians(radius) / 2.0), 2.0) * (1.0 + 1e-15);

COMMENT ON FUNCTION sky.in_cone(
    bigint, double precision, double precision,
    double precision, double precision, double precision
) IS 'Whether the position (ra, dec) [deg] of a row with key hpx29 (or objectId, diaObjectId) lies within radius [deg] of (ra_centre, dec_centre) [deg]. Give the circle as constants or parameters: partitions are pruned and the primary key is used. For centres from a table join the ranges of sky.cone instead.';
