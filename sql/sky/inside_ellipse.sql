-- Whether a position [deg] lies in the ellipse with the axes of sky.ellipse_axes; inlined.
-- requires: project
CREATE OR REPLACE FUNCTION sky.inside_ellipse(
    ra double precision, "dec" double precision, axes double precision[]
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.project(ra, dec, axes[7], axes[8], axes[9]) > 0.0
    AND power(sky.project(ra, dec, axes[1], axes[2], axes[3]), 2.0)
        + power(sky.project(ra, dec, axes[4], axes[5], axes[6]), 2.0)
        -- Not <= the square: PostgreSQL holds that NaN equals NaN.
        - power(sky.project(ra, dec, axes[7], axes[8], axes[9]), 2.0) <= 0.0;

COMMENT ON FUNCTION sky.inside_ellipse(double precision, double precision, double precision[]) IS
    'Whether (ra, dec) [deg] lies in the ellipse with these sky.ellipse_axes. In a WHERE clause sky.in_ellipse uses the primary key.';
