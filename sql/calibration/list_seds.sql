-- Every SED that the caller can name: own ones first, then the library's.
-- requires: own_sed_table
CREATE OR REPLACE FUNCTION calibration.list_seds()
RETURNS TABLE (
    name text, kind text, subtype text, first_nm float8, last_nm float8, source text, licence text
)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
AS $$
DECLARE
    own regclass := to_regclass(calibration.own_sed_table(NULL));
BEGIN
    IF own IS NOT NULL THEN
        RETURN QUERY EXECUTE format(
            'SELECT s.name, ''own'', NULL::text, s.wavelength[array_lower(s.wavelength, 1)],'
            ' s.wavelength[array_upper(s.wavelength, 1)], NULL::text, NULL::text FROM %s AS s ORDER BY s.name', own);
    END IF;
    RETURN QUERY
    SELECT
        s.name, s.kind, s.subtype, s.wavelength[1], s.wavelength[cardinality(s.wavelength)], s.source, s.licence
    FROM calibration.Sed AS s
    ORDER BY s.kind, s.name;
END
$$;

COMMENT ON FUNCTION calibration.list_seds() IS
    'Every SED that the caller can name: own ones (kind own) first, then the library''s, with the wavelengths [nm] that they run from and to.';
