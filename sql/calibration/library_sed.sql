-- The spectrum of an SED of the library, whatever SEDs of one's own have the same name.
-- requires: sed
CREATE OR REPLACE FUNCTION calibration.library_sed(name text) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
AS $$
DECLARE
    spectrum bytea;
BEGIN
    SELECT calibration.sed(s.wavelength, s.fNu) INTO spectrum FROM calibration.Sed AS s WHERE s.name = library_sed.name;
    IF spectrum IS NULL THEN
        RAISE EXCEPTION 'there is no SED % in the library', quote_nullable(name)
            USING HINT = '`skytract sed library` loads the library; SELECT name, kind, subtype FROM calibration.Sed lists what it has.';
    END IF;
    RETURN spectrum;
END
$$;

COMMENT ON FUNCTION calibration.library_sed(text) IS
    'The spectrum of an SED of calibration.Sed by its name, as the bytes that calibration.kappa takes; own SEDs are not looked at.';
