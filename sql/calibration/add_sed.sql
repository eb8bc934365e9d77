-- Adds a spectrum to the caller's own SEDs, in my_<user>.Sed, which is made when it is missing.
-- requires: own_sed_table sed sed_coefficients
CREATE OR REPLACE FUNCTION calibration.add_sed(name text, wavelength_nm float8[], f_nu float8[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    own text := calibration.own_sed_table(name);
    short_name text := regexp_replace(name, '^my_[^.]*\.', '');
    spectrum bytea := calibration.sed(wavelength_nm, f_nu);
    written integer;
BEGIN
    IF (short_name ~ '^[^.\s]+$') IS NOT TRUE THEN
        RAISE EXCEPTION '% is no name for an SED', quote_nullable(name)
            USING HINT = 'Use letters, digits and any other signs but blanks and points.';
    END IF;
    IF to_regnamespace(split_part(own, '.', 1)) IS NULL THEN
        RAISE EXCEPTION '% has no schema of their own to keep SEDs in', quote_ident(current_user)
            USING HINT = 'Log in as a user of `skytract user add`, or give arrays: calibration.kappa(calibration.sed(wavelength_nm, f_nu)).';
    END IF;
    IF EXISTS (SELECT FROM calibration.PassbandBasis) THEN
        PERFORM calibration.sed_coefficients(spectrum);
    END IF;
    IF to_regclass(own) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %s (name text PRIMARY KEY, wavelength float8[] NOT NULL, fNu float8[] NOT NULL,'
            ' addedAt timestamptz NOT NULL DEFAULT now())', own);
        EXECUTE format('COMMENT ON TABLE %s IS %L', own,
            'One row per own SED: fNu at wavelengths [nm], at any scale; calibration.add_sed adds one.');
    END IF;
    -- Slices begin at 1, wherever the arrays do.
    EXECUTE format(
        'INSERT INTO %s (name, wavelength, fNu) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', own
    ) USING short_name, wavelength_nm[:], f_nu[:];
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written = 0 THEN
        RAISE EXCEPTION 'you have an SED % already', quote_literal(short_name)
            USING HINT = 'Choose another name, or take it out: DELETE FROM ' || own || ' WHERE name = ' || quote_literal(short_name) || '.';
    END IF;
    RETURN short_name;
END
$$;

COMMENT ON FUNCTION calibration.add_sed(text, float8[], float8[]) IS
    'Adds the spectrum with f_nu (any scale) at wavelengths [nm] to the caller''s own SEDs, my_<user>.Sed, and returns its name. It must cover the passbands, leaks included: 300 to 1100 nm is enough.';
