-- The axes of the plane in which the edges of a polygon are straight: nine numbers, for sky.inside_polygon.
CREATE OR REPLACE FUNCTION sky.polygon_axes(vertices double precision[]) RETURNS double precision[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.polygon_plane import polygon_axes
return polygon_axes(vertices)
$$;

COMMENT ON FUNCTION sky.polygon_axes(double precision[]) IS
    'Axes x and y, times 1e10, of the gnomonic plane of a polygon (ra, dec, ra, dec, ... [deg]), and the unit vector to its centre.';
