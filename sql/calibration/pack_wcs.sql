-- A TAN-SIP WCS as calibration.pixels_to_sky takes it: the images of two arrays.
CREATE OR REPLACE FUNCTION calibration.pack_wcs(
    crpix1 float8, crpix2 float8, crval1 float8, crval2 float8,
    cd1_1 float8, cd1_2 float8, cd2_1 float8, cd2_2 float8, sip_a float8[], sip_b float8[]
) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.array_bytes(
    ARRAY[crpix1, crpix2, crval1, crval2, cd1_1, cd1_2, cd2_1, cd2_2] || coalesce(nullif(sip_a, '{}'), '{0}')
) || sky.array_bytes(coalesce(nullif(sip_b, '{}'), '{0}'));

COMMENT ON FUNCTION calibration.pack_wcs(
    float8, float8, float8, float8, float8, float8, float8, float8, float8[], float8[]
) IS
    'A TAN-SIP WCS (crpix from 1; sip terms row by row, or NULL) in bytes, as calibration.pixels_to_sky takes it.';
