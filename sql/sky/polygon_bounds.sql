-- Ranges of the sky key that cover a widened polygon, for sky.in_ranges: lo, hi, lo, hi, ...
CREATE OR REPLACE FUNCTION sky.polygon_bounds(vertices double precision[], margin_arcsec double precision)
RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.region_bounds import polygon_bounds
return polygon_bounds(vertices, margin_arcsec)
$$;

COMMENT ON FUNCTION sky.polygon_bounds(double precision[], double precision) IS
    'Bounds lo, hi, lo, hi, ... of ranges of hpx29 that cover a polygon (ra, dec, ra, dec, ... [deg]) widened by margin_arcsec: what sky.in_ranges asks for.';
