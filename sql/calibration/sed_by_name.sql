-- A spectrum by its name: the user's own, else one of the library.
-- requires: own_sed_table sed_from_arrays
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
