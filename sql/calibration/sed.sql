-- A spectrum as calibration.kappa takes it: from arrays, or by the name of an own SED or of the library.
-- requires: bin_spectrum own_sed_table require_spectrum
CREATE OR REPLACE FUNCTION calibration.sed(
    wavelength_nm float8[], f_nu float8[], redshift float8 DEFAULT 0, ebv float8 DEFAULT 0
) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000
AS $$
DECLARE
    first float8;
    last float8;
BEGIN
    PERFORM calibration.require_spectrum(wavelength_nm, f_nu);
    IF (redshift > -1 AND redshift < 1000 AND ebv BETWEEN 0 AND 100) IS NOT TRUE THEN
        RAISE EXCEPTION 'redshift is % and ebv is % mag', redshift, ebv
            USING HINT = 'Give a redshift above -1 and a reddening E(B-V) of 0 or more.';
    END IF;
    first := wavelength_nm[array_lower(wavelength_nm, 1)] * (1 + redshift);
    last := wavelength_nm[array_upper(wavelength_nm, 1)] * (1 + redshift);
    IF ceil(greatest(first, 300)) > floor(least(last, 1100)) THEN
        RAISE EXCEPTION 'at redshift % the SED runs from % to % nm, and light between 300 and 1100 nm is wanted',
            redshift, first, last
            USING HINT = 'Give another redshift, or a spectrum that reaches further.';
    END IF;
    RETURN calibration.bin_spectrum(wavelength_nm, f_nu, redshift, ebv);
END
$$;

COMMENT ON FUNCTION calibration.sed(float8[], float8[], float8, float8) IS
    'The spectrum with f_nu (any scale) at wavelengths [nm], redshifted and then reddened by dust of E(B-V) = ebv [mag], as the bytes that calibration.kappa takes: 801 float4, averages over bins of 1 nm.';

CREATE OR REPLACE FUNCTION calibration.sed(
    name text, redshift float8 DEFAULT 0, ebv float8 DEFAULT 0
) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
AS $$
DECLARE
    own regclass := to_regclass(calibration.own_sed_table(name));
    short_name text := regexp_replace(name, '^my_[^.]*\.', '');
    wavelengths float8[];
    fluxes float8[];
BEGIN
    IF own IS NOT NULL THEN
        EXECUTE format('SELECT s.wavelength, s.fNu FROM %s AS s WHERE s.name = $1', own)
        INTO wavelengths, fluxes USING short_name;
    END IF;
    IF fluxes IS NULL THEN
        SELECT s.wavelength, s.fNu INTO wavelengths, fluxes
        FROM calibration.Sed AS s WHERE s.name = sed.name;
    END IF;
    IF fluxes IS NULL THEN
        RAISE EXCEPTION 'there is no SED %', quote_nullable(name)
            USING HINT = 'SELECT name, kind, subtype FROM calibration.Sed lists the library; calibration.add_sed adds one of your own.';
    END IF;
    RETURN calibration.sed(wavelengths, fluxes, redshift, ebv);
END
$$;

COMMENT ON FUNCTION calibration.sed(text, float8, float8) IS
    'The spectrum of an SED by its name, own ones first, then those of calibration.Sed, redshifted and then reddened by dust of E(B-V) = ebv [mag], as the bytes that calibration.kappa takes.';
