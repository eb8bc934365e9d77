-- Whether a row lies in an ellipse on the sphere [deg]: prunes partitions and uses the primary key.
-- requires: in_ranges ellipse_bounds margin_arcsec inside_ellipse ellipse_axes
CREATE OR REPLACE FUNCTION sky.in_ellipse(
    key bigint,
    ra double precision,
    "dec" double precision,
    ra_centre double precision,
    dec_centre double precision,
    semi_major double precision,
    semi_minor double precision,
    position_angle double precision
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.in_ranges(
        key,
        sky.ellipse_bounds(
            ra_centre, dec_centre, semi_major, semi_minor, position_angle, sky.margin_arcsec()
        )
    )
    AND sky.inside_ellipse(
        ra, dec, sky.ellipse_axes(ra_centre, dec_centre, semi_major, semi_minor, position_angle)
    );

COMMENT ON FUNCTION sky.in_ellipse(
    bigint, double precision, double precision, double precision,
    double precision, double precision, double precision, double precision
) IS 'Whether the position (ra, dec) [deg] of a row with this key (hpx29, objectId, diaObjectId) lies in an ellipse about (ra_centre, dec_centre) with these semi-axes [deg], the major one at position_angle from north towards east [deg]. Give the ellipse as constants or parameters: partitions are pruned and the primary key is used.';
