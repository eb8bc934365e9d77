-- The sums of the normal equations of many objects, as images of arrays (sky.array_bytes), from images.
CREATE OR REPLACE FUNCTION association.sum_motions_packed(
    object_id bytea, object_ra bytea, object_dec bytea, owner_id bytea, detection bytea,
    mjd bytea, ra bytea, "dec" bytea, ra_err bytea, dec_err bytea, ra_dec_cov bytea,
    OUT id bytea, OUT sums bytea
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000
AS $$
from skytract.udf.association.sum_motions import sum_motions
return sum_motions(object_id, object_ra, object_dec, owner_id, detection, mjd, ra, dec, ra_err, dec_err, ra_dec_cov)
$$;

COMMENT ON FUNCTION association.sum_motions_packed(
    bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea
) IS
    'Images of the arrays that association.sum_motions returns, from images of those it is given.';
