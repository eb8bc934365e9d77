-- Whether a position [deg] lies in the polygon with these sky.polygon_axes and sky.polygon_plane; inlined.
-- requires: project
CREATE OR REPLACE FUNCTION sky.inside_polygon(
    ra double precision, "dec" double precision, axes double precision[], plane polygon
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    -- NaN is above all numbers.
    WHEN ra < 'NaN' AND dec < 'NaN' AND sky.project(ra, dec, axes[7], axes[8], axes[9]) > 0.0 THEN plane @> point(
        sky.project(ra, dec, axes[1], axes[2], axes[3]) / sky.project(ra, dec, axes[7], axes[8], axes[9]),
        sky.project(ra, dec, axes[4], axes[5], axes[6]) / sky.project(ra, dec, axes[7], axes[8], axes[9])
    )
    ELSE false
END;

COMMENT ON FUNCTION sky.inside_polygon(double precision, double precision, double precision[], polygon) IS
    'Whether (ra, dec) [deg] lies in the polygon with these sky.polygon_axes and sky.polygon_plane. In a WHERE clause sky.in_polygon uses the primary key.';
