-- Weighted mean positions [deg] of many objects with their times, errors and covariances, as arrays.
CREATE OR REPLACE FUNCTION association.mean_dia_positions(
    object_id bigint[], mjd float8[], source_ra float8[], source_dec float8[],
    ra_err float8[], dec_err float8[], covariance float8[],
    OUT diaObjectId bigint[], OUT ra float8[], OUT "dec" float8[], OUT radecMjdTai float8[],
    OUT raErr float8[], OUT decErr float8[], OUT ra_dec_Cov float8[]
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.mean_dia_positions import mean_dia_positions
return mean_dia_positions(object_id, mjd, source_ra, source_dec, ra_err, dec_err, covariance)
$$;

COMMENT ON FUNCTION association.mean_dia_positions(
    bigint[], float8[], float8[], float8[], float8[], float8[], float8[]
) IS
    'Mean positions of objects, in order of their ids, weighted by 1 / (raErr^2 + decErr^2) [deg, ICRS], mean time [MJD TAI], errors [deg; ra times cos(dec)] and covariance [deg^2]; errors NULL where no position has any.';
