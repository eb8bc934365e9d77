-- What association.mean_dia_positions returns, each column as the image of an array (sky.array_bytes), from images.
CREATE OR REPLACE FUNCTION association.mean_dia_positions_packed(
    object_id bytea, mjd bytea, source_ra bytea, source_dec bytea,
    ra_err bytea, dec_err bytea, covariance bytea,
    OUT diaObjectId bytea, OUT ra bytea, OUT "dec" bytea, OUT radecMjdTai bytea,
    OUT raErr bytea, OUT decErr bytea, OUT ra_dec_Cov bytea
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.mean_dia_positions_packed import mean_dia_positions_packed
return mean_dia_positions_packed(object_id, mjd, source_ra, source_dec, ra_err, dec_err, covariance)
$$;

COMMENT ON FUNCTION association.mean_dia_positions_packed(bytea, bytea, bytea, bytea, bytea, bytea, bytea) IS
    'Images of the arrays that association.mean_dia_positions returns, from images of those it is given.';
