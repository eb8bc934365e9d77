-- Raises a full sentence unless two arrays are a curve: wavelengths [nm] that increase, and values there.
CREATE OR REPLACE FUNCTION calibration.require_spectrum(
    wavelength_nm float8[], f_nu float8[], what text DEFAULT 'SED'
) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
-- Planning for these arrays anew would take as long as reading them.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    bad record;
    first float8;
    last float8;
BEGIN
    IF cardinality(wavelength_nm) IS DISTINCT FROM cardinality(f_nu) OR (cardinality(f_nu) >= 2) IS NOT TRUE
        OR array_ndims(wavelength_nm) <> 1 OR array_ndims(f_nu) <> 1
    THEN
        RAISE EXCEPTION '% has % wavelengths and % fluxes', CASE what WHEN 'SED' THEN 'an SED' ELSE 'a ' || what END,
            coalesce(cardinality(wavelength_nm)::text, 'no'), coalesce(cardinality(f_nu)::text, 'no')
            USING HINT = 'Give two arrays of the same length, of two elements or more.';
    END IF;
    SELECT u.at, u.flux, u.n, u.at > u.before AS rises INTO bad
    FROM unnest(wavelength_nm, f_nu, array_prepend(NULL, trim_array(wavelength_nm, 1)))
        WITH ORDINALITY AS u (at, flux, before, n)
    WHERE (abs(u.at) < 'Infinity' AND abs(u.flux) < 'Infinity' AND u.flux >= 0 AND (u.at > u.before) IS NOT FALSE)
        IS NOT TRUE
    ORDER BY u.n LIMIT 1;
    IF bad.n IS NULL THEN
        -- Arrays need not begin at 1: '[0:1]={300,1100}' does not.
        first := wavelength_nm[array_lower(wavelength_nm, 1)];
        last := wavelength_nm[array_upper(wavelength_nm, 1)];
        IF last <= 300 OR first >= 1100 THEN
            RAISE EXCEPTION 'the % runs from % to % nm, and light between 300 and 1100 nm is wanted', what, first, last
                USING HINT = CASE
                    WHEN first >= 1100 THEN 'If these are angstrom, divide them by 10.'
                    WHEN last < 100 THEN 'If these are micrometres, multiply them by 1000.'
                    ELSE 'Give wavelengths in nm.' END;
        END IF;
        IF (0 < ANY (f_nu)) IS NOT TRUE THEN
            RAISE EXCEPTION 'the % is 0 everywhere', what USING HINT = 'Give values above 0, at any scale.';
        END IF;
    ELSIF bad.rises IS FALSE THEN
        RAISE EXCEPTION 'wavelength % of the %, % nm, is not greater than the one before', bad.n, what, bad.at
            USING HINT = 'Sort by wavelength, and give each one once.';
    ELSIF bad.flux < 0 THEN
        RAISE EXCEPTION 'the % is negative at % nm: %', what, bad.at, bad.flux
            USING HINT = 'Give values of 0 or more; smooth or clip noise first.';
    ELSE
        RAISE EXCEPTION 'element % of the % is no number: wavelength %, flux %',
            bad.n, what, coalesce(bad.at::text, 'NULL'), coalesce(bad.flux::text, 'NULL')
            USING HINT = 'Leave such elements out.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_spectrum(float8[], float8[], text) IS
    'Raises a full sentence unless the arrays are a spectrum (or a passband: what): as many wavelengths [nm], increasing, as fluxes f_nu, finite, not negative and not all 0.';
