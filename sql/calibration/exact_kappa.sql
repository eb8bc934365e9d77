-- Factor kappa of a spectrum for one visit and detector by integrals over the exact passband.
-- requires: exact_factor find_solution refuse_visit sed_coefficients
CREATE OR REPLACE FUNCTION calibration.exact_kappa(
    sed bytea, visit bigint, detector integer, passbands text DEFAULT NULL
) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000
AS $$
DECLARE
    set_id bigint := calibration.find_solution('passband', passbands);
    its_band text;
    kappa float8;
BEGIN
    SELECT c.band INTO its_band
    FROM calibration.PassbandCoefficient AS c
    WHERE c.solutionId = set_id AND c.visit = exact_kappa.visit AND c.detector = exact_kappa.detector;
    IF its_band IS NULL THEN
        PERFORM calibration.refuse_visit(visit, detector);
    END IF;
    -- What calibration.kappa refuses, this does too.
    PERFORM calibration.sed_coefficients(sed, passbands, ARRAY[its_band]);
    SELECT calibration.exact_factor(sed, a.transmission, i.throughput, b.standard) INTO kappa
    FROM calibration.Atmosphere AS a
    JOIN calibration.InstrumentPassband AS i USING (solutionId)
    JOIN calibration.PassbandBasis AS b USING (solutionId, band)
    WHERE a.solutionId = set_id AND a.visit = exact_kappa.visit
        AND i.detector = exact_kappa.detector AND i.band = its_band;
    RETURN kappa;
END
$$;

COMMENT ON FUNCTION calibration.exact_kappa(bytea, bigint, integer, text) IS
    'kappa of a spectrum for one visit and detector by integrals at 1 nm over atmosphere x instrument: the audit of calibration.kappa, which refuses what that refuses.';
