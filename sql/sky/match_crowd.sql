-- One row per pair of positions of a crowded place within a radius [arcsec]: all pairs, or the nearest.
CREATE OR REPLACE FUNCTION sky.match_crowd(
    left_positions bytea, right_positions bytea, radius_arcsec double precision, mode text
) RETURNS TABLE (left_id bigint, right_id bigint, separation double precision)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1000
AS $$
from skytract.udf.sky.match_crowd import match_crowd
return match_crowd(left_positions, right_positions, radius_arcsec, mode)
$$;

COMMENT ON FUNCTION sky.match_crowd(bytea, bytea, double precision, text) IS
    'Pairs within a radius of two crowds, each given as 24 bytes per row (int8send(id) || float8send(ra) || float8send(dec)), by a tree: mode all, pairs (left_id < right_id), nearest of each left row, mutual (nearest of each row of both sides). Separations in arcsec.';
