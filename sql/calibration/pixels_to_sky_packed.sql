-- ICRS positions of the pixels of many detectors, in images of arrays (sky.array_bytes), one after the other.
CREATE OR REPLACE FUNCTION calibration.pixels_to_sky_packed(
    hpx29 bytea, ids bytea, x bytea, y bytea, x_err bytea, y_err bytea, x_y_cov bytea, wcs bytea
) RETURNS TABLE (hpx29 bytea, id bytea, ra bytea, "dec" bytea, raErr bytea, decErr bytea, ra_dec_Cov bytea)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1
AS $$
from skytract.udf.calibration.pixels_to_sky_packed import pixels_to_sky_packed
return pixels_to_sky_packed(hpx29, ids, x, y, x_err, y_err, x_y_cov, wcs)
$$;

COMMENT ON FUNCTION calibration.pixels_to_sky_packed(bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea) IS
    'What calibration.pixel_to_sky returns, for many detectors at once: an image of an array per detector goes in, one of all comes out. wcs: two images per detector (calibration.pack_wcs).';
