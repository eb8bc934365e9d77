-- Ranges of the sky key that cover a widened ellipse [deg], for sky.in_ranges: lo, hi, lo, hi, ...
CREATE OR REPLACE FUNCTION sky.ellipse_bounds(
    ra double precision,
    "dec" double precision,
    semi_major double precision,
    semi_minor double precision,
    position_angle double precision,
    margin_arcsec double precision
) RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.region_bounds import ellipse_bounds
return ellipse_bounds(ra, dec, semi_major, semi_minor, position_angle, margin_arcsec)
$$;

COMMENT ON FUNCTION sky.ellipse_bounds(
    double precision, double precision, double precision,
    double precision, double precision, double precision
) IS 'Bounds lo, hi, lo, hi, ... of ranges of hpx29 that cover an ellipse [deg] widened by margin_arcsec: what sky.in_ranges asks for.';
