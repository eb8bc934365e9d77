-- The pairs of two sets of positions [deg] within a radius [arcsec], some at a time, in arrays.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: array_bytes bytes_array match_arrays
CREATE OR REPLACE FUNCTION sky.match_positions(
    left_ids bigint[], left_ra double precision[], left_dec double precision[],
    right_ids bigint[], right_ra double precision[], right_dec double precision[],
    radius_arcsec double precision, mode text
) RETURNS TABLE (paired_left bigint[], paired_right bigint[], separations double precision[])
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 10
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    sky.bytes_array(m.paired_left, NULL::bigint[]),
    sky.bytes_array(m.paired_right, NULL::bigint[]),
    sky.bytes_array(m.separations, NULL::double precision[])
FROM sky.match_arrays(
    sky.array_bytes(left_ids), sky.array_bytes(left_ra), sky.array_bytes(left_dec),
    sky.array_bytes(right_ids), sky.array_bytes(right_ra), sky.array_bytes(right_dec), radius_arcsec, mode
) AS m;
END;

COMMENT ON FUNCTION sky.match_positions(
    bigint[], double precision[], double precision[],
    bigint[], double precision[], double precision[], double precision, text
) IS 'Pairs of two sets of positions within a radius: mode all, pairs (left id < right id), nearest of each left row, mutual (nearest of each row of both sides). Ids and separations [arcsec] of some pairs a row.';
