-- Ranges of the sky key that cover a widened circle [deg], for sky.in_ranges: lo, hi, lo, hi, ...
CREATE OR REPLACE FUNCTION sky.cone_bounds(
    ra double precision,
    "dec" double precision,
    radius double precision,
    margin_arcsec double precision
) RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.cone_bounds import cone_bounds
return cone_bounds(ra, dec, radius, margin_arcsec)
$$;

COMMENT ON FUNCTION sky.cone_bounds(double precision, double precision, double precision, double precision) IS
    'Bounds lo, hi, lo, hi, ..., the largest first, of the ranges of sky.cone about (ra, dec) [deg] for a radius [deg] widened by margin_arcsec: what sky.in_ranges asks for.';
