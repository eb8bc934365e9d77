-- Averages of a spectrum over bins of 1 nm, redshifted and then reddened, as bytes.
CREATE OR REPLACE FUNCTION calibration.bin_spectrum(
    wavelength float8[], f_nu float8[], redshift float8, ebv float8
) RETURNS bytea
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.bin_spectrum import bin_spectrum
return bin_spectrum(wavelength, f_nu, redshift, ebv)
$$;

COMMENT ON FUNCTION calibration.bin_spectrum(float8[], float8[], float8, float8) IS
    '801 float4, little endian: averages of f_nu over bins of 1 nm centred on 300 to 1100 nm, NaN beyond its ends, at a redshift and behind dust of E(B-V) = ebv [mag] (Cardelli et al. 1989, R = 3.1). calibration.sed checks what it is given.';
