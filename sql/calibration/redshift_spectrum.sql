-- A spectrum at the redshifts of a grid of templates.
CREATE OR REPLACE FUNCTION calibration.redshift_spectrum(kind text, wavelength float8[], f_nu float8[])
RETURNS TABLE (redshift float8, binned bytea)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 33
AS $$
from skytract.udf.calibration.sed_templates import redshift_spectrum
return redshift_spectrum(kind, wavelength, f_nu)
$$;

COMMENT ON FUNCTION calibration.redshift_spectrum(text, float8[], float8[]) IS
    'A spectrum f_nu at wavelengths at rest [nm] as templates of a grid, 801 float4 each: galaxies at redshifts 0 to 1.6, QSOs 0.3 to 4, others at 0.';
