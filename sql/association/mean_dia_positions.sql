-- Weighted mean positions [deg] of many objects with their times, errors and covariances, as arrays.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: mean_dia_positions_packed
CREATE OR REPLACE FUNCTION association.mean_dia_positions(
    object_id bigint[], mjd float8[], source_ra float8[], source_dec float8[],
    ra_err float8[], dec_err float8[], covariance float8[],
    OUT diaObjectId bigint[], OUT ra float8[], OUT "dec" float8[], OUT radecMjdTai float8[],
    OUT raErr float8[], OUT decErr float8[], OUT ra_dec_Cov float8[]
)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    sky.bytes_array(a.diaObjectId, NULL::bigint[]),
    sky.bytes_array(a.ra, NULL::float8[]),
    sky.bytes_array(a.dec, NULL::float8[]),
    sky.bytes_array(a.radecMjdTai, NULL::float8[]),
    sky.bytes_array(a.raErr, NULL::float8[]),
    sky.bytes_array(a.decErr, NULL::float8[]),
    sky.bytes_array(a.ra_dec_Cov, NULL::float8[])
FROM association.mean_dia_positions_packed(
    sky.array_bytes(object_id), sky.array_bytes(mjd), sky.array_bytes(source_ra), sky.array_bytes(source_dec),
    sky.array_bytes(ra_err), sky.array_bytes(dec_err), sky.array_bytes(covariance)
) AS a;
END;

COMMENT ON FUNCTION association.mean_dia_positions(
    bigint[], float8[], float8[], float8[], float8[], float8[], float8[]
) IS
    'Mean positions of objects, in order of their ids, weighted by 1 / (raErr^2 + decErr^2) [deg, ICRS], mean time [MJD TAI], errors [deg; ra times cos(dec)] and covariance [deg^2]; errors NULL where no position has any.';
