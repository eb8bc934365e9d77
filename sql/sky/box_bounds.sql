-- Ranges of the sky key that cover a widened box [deg], for sky.in_ranges: lo, hi, lo, hi, ...
CREATE OR REPLACE FUNCTION sky.box_bounds(
    ra_lo double precision,
    ra_hi double precision,
    dec_lo double precision,
    dec_hi double precision,
    margin_arcsec double precision
) RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.region_bounds import box_bounds
return box_bounds(ra_lo, ra_hi, dec_lo, dec_hi, margin_arcsec)
$$;

COMMENT ON FUNCTION sky.box_bounds(
    double precision, double precision, double precision, double precision, double precision
) IS 'Bounds lo, hi, lo, hi, ... of ranges of hpx29 that cover a box [deg] widened by margin_arcsec: what sky.in_ranges asks for.';
