-- One row per range [lo, hi) of hpx29 needed to cover a circle of a radius [deg] about a position [deg].
CREATE OR REPLACE FUNCTION sky.cone(
    ra double precision,
    "dec" double precision,
    radius double precision,
    max_ranges integer DEFAULT 16
) RETURNS TABLE (lo bigint, hi bigint)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 16
AS $$
from skytract.udf.sky.cone import cone
return cone(ra, dec, radius, max_ranges)
$$;

COMMENT ON FUNCTION sky.cone(double precision, double precision, double precision, integer) IS
    'Ranges [lo, hi) of hpx29, at most max_ranges, that cover the circle of radius [deg] about (ra, dec) [deg]. In a WHERE clause sky.in_cone is faster and prunes.';
