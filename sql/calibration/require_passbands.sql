-- Raises a full sentence if raw rows of a stretch lie on a visit and detector without passband; a warning without zero point.
-- requires: refuse_visit
CREATE OR REPLACE FUNCTION calibration.require_passbands(
    catalog text, lo bigint, hi bigint, solution_id bigint, passbands_id bigint, bands text[]
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET enable_nestloop = off
AS $$
DECLARE
    key text := CASE WHEN catalog IN ('Source', 'DiaSource') THEN 'hpx29' ELSE 'objectId' END;
    visits bigint[];
    detectors integer[];
    known boolean[];
    missing record;
BEGIN
    SELECT array_agg(m.visit), array_agg(m.detector), array_agg(m.has_passband) INTO visits, detectors, known
    FROM (
        SELECT d.visit, d.detector, c.visit IS NOT NULL AS has_passband
        FROM raw.VisitDetector AS d
        LEFT JOIN calibration.PassbandCoefficient AS c
            ON c.solutionId = passbands_id AND c.visit = d.visit AND c.detector = d.detector
        LEFT JOIN calibration.PhotoCalib AS p
            ON p.solutionId = solution_id AND p.visit = d.visit AND p.detector = d.detector
        WHERE (bands IS NULL OR d.band = ANY (bands)) AND (c.visit IS NULL OR p.visit IS NULL)
    ) AS m;
    IF visits IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT r.visit, r.detector, m.known FROM raw.%1$I AS r'
        ' JOIN unnest($3, $4, $5) AS m (visit, detector, known) USING (visit, detector)'
        ' WHERE r.%2$s >= $1 AND r.%2$s < $2 ORDER BY m.known, r.visit, r.detector LIMIT 1',
        lower(CASE catalog WHEN 'Object' THEN 'ForcedSource' ELSE catalog END), key
    ) INTO missing USING lo, hi, visits, detectors, known;
    IF NOT missing.known THEN
        PERFORM calibration.refuse_visit(missing.visit, missing.detector);
    ELSIF missing.known THEN
        RAISE WARNING 'visit %, detector % has no zero point in the solution: fluxes of such detectors are NULL',
            missing.visit, missing.detector
            USING HINT = 'SELECT name FROM calibration.Solution WHERE kind = ''photometry'' lists the solutions there are; name one with solution =>.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_passbands(text, bigint, bigint, bigint, bigint, text[]) IS
    'A step of calibration.recalibrate: an error with the remedy if a visit and detector of the stretch has no passband in the set, a warning if one has no zero point in the solution.';
