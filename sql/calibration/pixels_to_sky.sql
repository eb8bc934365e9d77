-- The positions of packed pixels of many detectors, as arrays.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: pixels_to_sky_packed
CREATE OR REPLACE FUNCTION calibration.pixels_to_sky(
    hpx29 bytea, ids bytea, x bytea, y bytea, x_err bytea, y_err bytea, x_y_cov bytea, wcs bytea
) RETURNS TABLE (hpx29 bigint[], id bigint[], ra float8[], "dec" float8[], raErr float8[], decErr float8[], ra_dec_Cov float8[])
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    sky.bytes_array(p.hpx29, NULL::bigint[]),
    sky.bytes_array(p.id, NULL::bigint[]),
    sky.bytes_array(p.ra, NULL::float8[]),
    sky.bytes_array(p.dec, NULL::float8[]),
    sky.bytes_array(p.raErr, NULL::float8[]),
    sky.bytes_array(p.decErr, NULL::float8[]),
    sky.bytes_array(p.ra_dec_Cov, NULL::float8[])
FROM calibration.pixels_to_sky_packed(hpx29, ids, x, y, x_err, y_err, x_y_cov, wcs) AS p;
END;

COMMENT ON FUNCTION calibration.pixels_to_sky(bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea) IS
    'ICRS positions [deg] of the pixels of many detectors, with errors [deg; raErr times cos(dec)] and covariance: columns come as images of arrays (sky.array_bytes), one per detector, one after the other.';
