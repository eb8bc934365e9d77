-- The sums of the normal equations of many objects for position, proper motion and parallax, 21 each, one after the other.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: sum_motions_packed
CREATE OR REPLACE FUNCTION association.sum_motions(
    object_id bigint[], object_ra float8[], object_dec float8[], owner_id bigint[], detection bigint[],
    mjd float8[], ra float8[], "dec" float8[], ra_err float8[], dec_err float8[], ra_dec_cov float8[],
    OUT id bigint[], OUT sums float8[]
)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000
SECURITY DEFINER
BEGIN ATOMIC
SELECT sky.bytes_array(s.id, NULL::bigint[]), sky.bytes_array(s.sums, NULL::float8[])
FROM association.sum_motions_packed(
    sky.array_bytes(object_id), sky.array_bytes(object_ra), sky.array_bytes(object_dec),
    sky.array_bytes(owner_id), sky.array_bytes(detection),
    sky.array_bytes(mjd), sky.array_bytes(ra), sky.array_bytes("dec"),
    sky.array_bytes(ra_err), sky.array_bytes(dec_err), sky.array_bytes(ra_dec_cov)
) AS s;
END;

COMMENT ON FUNCTION association.sum_motions(
    bigint[], float8[], float8[], bigint[], bigint[], float8[], float8[], float8[], float8[], float8[], float8[]
) IS
    'Sums of the normal equations of objects (id, position [deg]), as association.solve_motion takes them, 21 each: over the positions [deg] that belong to them (owner_id), in the order of their detection; those that cannot be used do not count.';
