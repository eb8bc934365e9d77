-- A spectrum from arrays of wavelengths and fluxes, ready for calibration.kappa.
-- requires: bin_spectrum require_spectrum
CREATE OR REPLACE FUNCTION calibration.sed(
    wavelength_nm float8[], f_nu float8[], redshift float8 DEFAULT 0, ebv float8 DEFAULT 0
) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000
AS $$
BEGIN
    PERFORM calibration.require_spectrum(wavelength_nm, f_nu);
    IF (redshift > -1 AND redshift < 1000 AND ebv BETWEEN 0 AND 100) IS NOT TRUE THEN
        RAISE EXCEPTION 'redshift is % and ebv is % mag', redshift, ebv
            USING HINT = 'Give a redshift above -1 and a reddening E(B-V) of 0 or more.';
    END IF;
    RETURN calibration.bin_spectrum(wavelength_nm, f_nu, redshift, ebv);
END
$$;

COMMENT ON FUNCTION calibration.sed(float8[], float8[], float8, float8) IS
    'The spectrum with f_nu (any scale) at wavelengths [nm], redshifted and then reddened by dust of E(B-V) = ebv [mag], as the bytes that calibration.kappa takes: 801 float4, averages over bins of 1 nm.';
