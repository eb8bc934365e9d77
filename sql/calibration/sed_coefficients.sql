-- Numbers of a spectrum in each band of a set of observed passbands; refuses what does not cover them.
--
-- Not for parallel workers: each would start a Python of its own, which takes longer than all the rest.
-- requires: find_solution project_bands
CREATE OR REPLACE FUNCTION calibration.sed_coefficients(
    sed bytea, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (
    band text,
    g1 float8, g2 float8, g3 float8, g4 float8, g5 float8,
    g6 float8, g7 float8, g8 float8, g9 float8, g10 float8
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 6 COST 10000
-- A row per band is read: planning for each call anew would take longer than that.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    set_id bigint := calibration.find_solution('passband', passbands);
    most_uncovered CONSTANT float8 := 1e-4;
    projected record;
BEGIN
    IF octet_length(sed) IS DISTINCT FROM 3204 THEN
        RAISE EXCEPTION 'this is no spectrum: it has % bytes', coalesce(octet_length(sed)::text, 'no')
            USING HINT = 'Give the name of an SED, or what calibration.sed(wavelength_nm, f_nu) returns.';
    END IF;
    IF bands IS NOT NULL AND EXISTS (
        SELECT FROM unnest(bands) AS b (band)
        WHERE NOT EXISTS (
            SELECT FROM calibration.PassbandBasis AS p WHERE p.solutionId = set_id AND p.band = b.band)
    ) THEN
        RAISE EXCEPTION 'the passbands have bands %, not all of %',
            (SELECT string_agg(p.band, ' ') FROM calibration.PassbandBasis AS p WHERE p.solutionId = set_id),
            array_to_string(bands, ' ', 'NULL')
            USING HINT = 'Ask for some of those.';
    END IF;
    SELECT b.bands, n.g, n.uncovered INTO projected
    FROM (
        SELECT
            array_agg(p.band) AS bands, array_agg(p.standard) AS standard,
            array_agg(p.support) AS support, array_agg(p.curves) AS curves
        FROM calibration.PassbandBasis AS p
        WHERE p.solutionId = set_id AND (sed_coefficients.bands IS NULL OR p.band = ANY (sed_coefficients.bands))
    ) AS b
    CROSS JOIN LATERAL calibration.project_bands(sed_coefficients.sed, b.standard, b.support, b.curves) AS n;
    FOR i IN 1..coalesce(cardinality(projected.bands), 0) LOOP
        band := projected.bands[i];
        IF projected.g[i][1] = 'NaN' THEN
            RAISE EXCEPTION 'the SED has no flux in band %', band
                USING HINT = 'Leave the band out, where bands => ''{...}'' can be given.';
        ELSIF projected.uncovered[i] > most_uncovered THEN
            RAISE EXCEPTION 'the SED does not cover band %: % %% of the light would come from beyond its ends',
                band, round((100 * projected.uncovered[i])::numeric, 3)
                USING HINT = 'Passbands have leaks far from their peaks: extend the SED to all of 300 to 1100 nm, or leave the band out, where bands => ''{...}'' can be given.';
        END IF;
        g1 := projected.g[i][1]; g2 := projected.g[i][2]; g3 := projected.g[i][3]; g4 := projected.g[i][4];
        g5 := projected.g[i][5]; g6 := projected.g[i][6]; g7 := projected.g[i][7]; g8 := projected.g[i][8];
        g9 := projected.g[i][9]; g10 := projected.g[i][10];
        RETURN NEXT;
    END LOOP;
END
$$;

COMMENT ON FUNCTION calibration.sed_coefficients(bytea, text, text[]) IS
    'A row per band: ten numbers of a spectrum for a set of observed passbands (its name; NULL for the newest). Refuses a spectrum that leaves more than 1e-4 of a passband uncovered.';
