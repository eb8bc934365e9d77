-- Whether a row lies in a polygon with great circles as edges: prunes partitions and uses the primary key.
-- requires: in_ranges polygon_bounds margin_arcsec inside_polygon polygon_axes polygon_plane
CREATE OR REPLACE FUNCTION sky.in_polygon(
    key bigint, ra double precision, "dec" double precision, vertices double precision[]
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.in_ranges(key, sky.polygon_bounds(vertices, sky.margin_arcsec()))
    AND sky.inside_polygon(ra, dec, sky.polygon_axes(vertices), sky.polygon_plane(vertices));

COMMENT ON FUNCTION sky.in_polygon(bigint, double precision, double precision, double precision[]) IS
    'Whether the position (ra, dec) [deg] of a row with this key (hpx29, objectId, diaObjectId) lies in a polygon with vertices ARRAY[ra1, dec1, ra2, dec2, ...] [deg], convex or not, in any orientation, within a hemisphere. Give it as a constant or parameter: partitions are pruned and the primary key is used.';
