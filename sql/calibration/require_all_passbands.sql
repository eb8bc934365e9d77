-- Raises a full sentence if a set of observed passbands lacks a visit and detector.
CREATE OR REPLACE FUNCTION calibration.require_all_passbands(passbands_id bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    missing record;
BEGIN
    SELECT d.visit, d.detector, count(*) OVER () AS n INTO missing
    FROM raw.VisitDetector AS d
    WHERE passbands_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM calibration.PassbandCoefficient AS k
        WHERE k.solutionId = passbands_id AND k.visit = d.visit AND k.detector = d.detector
    )
    ORDER BY d.visit, d.detector LIMIT 1;
    IF missing.n > 0 THEN
        RAISE EXCEPTION '% visit-detectors have no passband in the set of these SEDs, the first is visit %, detector %',
            missing.n, missing.visit, missing.detector
            USING HINT = 'Make a set of all of them with `skytract sed passbands`, and SEDs for that set.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_all_passbands(bigint) IS
    'Raises a full sentence if a visit and detector that is loaded has no passband in a set (its solutionId; NULL: nothing is asked).';
