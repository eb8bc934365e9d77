-- Where the Earth is at given times [MJD TAI]: barycentric ICRS coordinates [AU], as arrays.
CREATE OR REPLACE FUNCTION association.earth_position(
    mjd_tai float8[], OUT x float8[], OUT y float8[], OUT z float8[]
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.earth_position import earth_position
return earth_position(mjd_tai)
$$;

COMMENT ON FUNCTION association.earth_position(float8[]) IS
    'Barycentric position of the Earth [AU, ICRS] at times [MJD TAI], by the ephemeris built into ERFA; NULL outside 1900 to 2100.';
