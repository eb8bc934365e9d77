-- The pairs of two sets of positions within a radius [arcsec]; arrays come and go as images (sky.array_bytes).
CREATE OR REPLACE FUNCTION sky.match_arrays(
    left_ids bytea, left_ra bytea, left_dec bytea, right_ids bytea, right_ra bytea, right_dec bytea,
    radius_arcsec double precision, mode text
) RETURNS TABLE (paired_left bytea, paired_right bytea, separations bytea)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 10
AS $$
from skytract.udf.sky.match_arrays import match_arrays
return match_arrays(left_ids, left_ra, left_dec, right_ids, right_ra, right_dec, radius_arcsec, mode)
$$;

COMMENT ON FUNCTION sky.match_arrays(bytea, bytea, bytea, bytea, bytea, bytea, double precision, text) IS
    'Images of the arrays that sky.match_positions returns, from images of those it is given.';
