-- Mean flux, and refraction per tangent of the zenith distance, of spectra in passbands.
CREATE OR REPLACE FUNCTION calibration.mean_refractions(
    f_nu bytea, standards bytea, pressure float8 DEFAULT 778, temperature float8 DEFAULT 10
) RETURNS TABLE (spectrum integer, passband integer, flux float8, lift float8)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1000
AS $$
from skytract.udf.calibration.refraction import mean_refractions
return mean_refractions(f_nu, standards, pressure, temperature)
$$;

COMMENT ON FUNCTION calibration.mean_refractions(bytea, bytea, float8, float8) IS
    'Mean flux and refraction [mas per tan z, toward the zenith] of spectra in passbands, both one after the other as 801 float4 (calibration.sed, PassbandBasis.standard) and counted from 1, in air of a pressure [mbar] and temperature [deg C].';
