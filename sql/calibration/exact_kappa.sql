-- Factor kappa of a spectrum for one visit and detector by integrals over the exact passband.
-- requires: exact_factor find_solution
CREATE OR REPLACE FUNCTION calibration.exact_kappa(
    sed bytea, visit bigint, detector integer, passbands text DEFAULT NULL
) RETURNS float8
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT calibration.exact_factor(exact_kappa.sed, a.transmission, i.throughput, b.standard)
FROM calibration.PassbandCoefficient AS c
JOIN calibration.Atmosphere AS a USING (solutionId, visit)
JOIN calibration.InstrumentPassband AS i USING (solutionId, detector, band)
JOIN calibration.PassbandBasis AS b USING (solutionId, band)
WHERE c.solutionId = calibration.find_solution('passband', exact_kappa.passbands)
    AND c.visit = exact_kappa.visit AND c.detector = exact_kappa.detector
$$;

COMMENT ON FUNCTION calibration.exact_kappa(bytea, bigint, integer, text) IS
    'kappa of a spectrum for one visit and detector by integrals at 1 nm over atmosphere x instrument: the audit of calibration.kappa. NULL if the set has no such passband.';
