-- A polygon on the sky [deg] as a polygon in its gnomonic plane, where great circles are straight.
CREATE OR REPLACE FUNCTION sky.polygon_plane(vertices double precision[]) RETURNS polygon
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.polygon_plane import polygon_plane
return polygon_plane(vertices)
$$;

COMMENT ON FUNCTION sky.polygon_plane(double precision[]) IS
    'Gnomonic image, in units of 1e-10, of a polygon (ra, dec, ra, dec, ... [deg]) with the axes of sky.polygon_axes.';
