-- One bound of the ranges of sky.cone about a widened circle: 2i is lo, 2i + 1 is hi of range i.
CREATE OR REPLACE FUNCTION sky.cone_bound(
    ra double precision,
    "dec" double precision,
    radius double precision,
    margin_arcsec double precision,
    max_ranges integer,
    number integer
) RETURNS bigint
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.cone_bound import cone_bound
return cone_bound(ra, dec, radius, margin_arcsec, max_ranges, number)
$$;

COMMENT ON FUNCTION sky.cone_bound(
    double precision, double precision, double precision, double precision, integer, integer
) IS 'One bound of the ranges of sky.cone (radius in deg, widened by margin_arcsec): number 2i is lo, 2i + 1 is hi of range i; NULL beyond the last.';
