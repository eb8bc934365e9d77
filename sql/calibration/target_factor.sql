-- The flux of a spectrum in any passband over that in a standard one, and what is not known of the target.
CREATE OR REPLACE FUNCTION calibration.target_factor(
    sed bytea, standard bytea, wavelength float8[], throughput float8[], OUT factor float8, OUT uncovered float8
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.target_factor import target_factor
return target_factor(sed, standard, wavelength, throughput)
$$;

COMMENT ON FUNCTION calibration.target_factor(bytea, bytea, float8[], float8[]) IS
    'factor: mean flux of a spectrum in the passband of these nodes [nm] over that in the standard one; uncovered: the part of the integral where the spectrum is not known. calibration.passband_factor checks what it is given.';
