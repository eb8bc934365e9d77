-- The flux of a spectrum in another passband than the standard one of a band, over that in the standard one.
-- requires: find_solution require_spectrum target_factor
CREATE OR REPLACE FUNCTION calibration.passband_factor(
    sed bytea, band text, wavelength_nm float8[], throughput float8[], passbands text DEFAULT NULL
) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
AS $$
DECLARE
    most_uncovered CONSTANT float8 := 1e-4;
    standard bytea;
    found record;
BEGIN
    IF octet_length(sed) IS DISTINCT FROM 3204 THEN
        RAISE EXCEPTION 'this is no spectrum: it has % bytes', coalesce(octet_length(sed)::text, 'no')
            USING HINT = 'Give what calibration.sed(name) or calibration.sed(wavelength_nm, f_nu) returns.';
    END IF;
    PERFORM calibration.require_spectrum(wavelength_nm, throughput, 'passband');
    SELECT b.standard INTO standard FROM calibration.PassbandBasis AS b
    WHERE b.solutionId = calibration.find_solution('passband', passbands) AND b.band = passband_factor.band;
    IF standard IS NULL THEN
        RAISE EXCEPTION 'the set of passbands has no band %', quote_nullable(band)
            USING HINT = 'SELECT band FROM calibration.PassbandBasis lists those there are.';
    END IF;
    found := calibration.target_factor(sed, standard, wavelength_nm, throughput);
    IF found.factor = 'NaN' THEN
        RAISE EXCEPTION 'the SED has no flux in band %, or in the other passband', band
            USING HINT = 'Give a spectrum with light in both.';
    ELSIF found.uncovered > most_uncovered THEN
        RAISE EXCEPTION 'the SED does not cover the other passband: % %% of the light would come from beyond its ends',
            round((100 * found.uncovered)::numeric, 3)
            USING HINT = 'Spectra are known from 300 to 1100 nm at most: extend the SED, or give a passband inside of that.';
    END IF;
    RETURN found.factor;
END
$$;

COMMENT ON FUNCTION calibration.passband_factor(bytea, text, float8[], float8[], text) IS
    'What fluxes [nJy] of sources of this spectrum (calibration.sed) in the standard passband of a band are multiplied by to be those in the passband with photon response throughput at wavelengths [nm]: <F>_other / <F>_standard.';

CREATE OR REPLACE FUNCTION calibration.passband_factor(
    sed bytea, band text, passband text, passbands text DEFAULT NULL
) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
AS $$
DECLARE
    other calibration.Passband;
BEGIN
    SELECT p.* INTO other FROM calibration.Passband AS p WHERE p.name = passband;
    IF other.name IS NULL THEN
        RAISE EXCEPTION 'there is no passband %', quote_nullable(passband)
            USING HINT = 'SELECT name, system, band FROM calibration.Passband lists those there are; `skytract load` adds one, or give arrays: wavelength_nm, throughput.';
    END IF;
    RETURN calibration.passband_factor(sed, band, other.wavelength, other.throughput, passbands);
END
$$;

COMMENT ON FUNCTION calibration.passband_factor(bytea, text, text, text) IS
    'What fluxes [nJy] of sources of this spectrum (calibration.sed) in the standard passband of a band are multiplied by to be those in a passband of calibration.Passband, by its name.';
