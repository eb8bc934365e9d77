-- ICRS positions [deg] of pixels by a TAN-SIP world coordinate system, with errors [deg], as arrays.
CREATE OR REPLACE FUNCTION calibration.pixel_to_sky(
    x float8[], y float8[], x_err float8[], y_err float8[], x_y_cov float8[],
    crpix float8[], crval float8[], cd float8[], sip_a float8[], sip_b float8[],
    OUT ra float8[], OUT "dec" float8[], OUT raErr float8[], OUT decErr float8[], OUT ra_dec_Cov float8[]
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.pixel_to_sky import pixel_to_sky
return pixel_to_sky(x, y, x_err, y_err, x_y_cov, crpix, crval, cd, sip_a, sip_b)
$$;

COMMENT ON FUNCTION calibration.pixel_to_sky(
    float8[], float8[], float8[], float8[], float8[], float8[], float8[], float8[], float8[], float8[]
) IS
    'ICRS positions [deg] of zero-based pixels by a TAN-SIP WCS (crpix from 1; sip terms row by row), with errors [deg; raErr times cos(dec)] and covariance; NaN where the error is unknown.';
