-- Raises a full sentence if raw rows of a stretch lie on a visit and detector without passband; a warning without zero point.
--
-- The stretch is not read: of each visit and detector that lacks one, in turn, the index is asked for one row.
-- requires: refuse_visit warn_visit
CREATE OR REPLACE FUNCTION calibration.require_passbands(
    catalog text, lo bigint, hi bigint, solution_id bigint, passbands_id bigint, bands text[]
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- A set of passbands made a moment ago is in no statistics: its many rows would be taken for one.
SET enable_nestloop = off SET enable_seqscan = on
AS $$
DECLARE
    key text := CASE WHEN catalog IN ('Source', 'DiaSource') THEN 'hpx29' ELSE 'objectId' END;
    lacking record;
    met record;
BEGIN
    SELECT
        array_agg(m.visit ORDER BY m.has_passband, m.visit, m.detector) AS visit,
        array_agg(m.detector ORDER BY m.has_passband, m.visit, m.detector) AS detector,
        array_agg(m.has_passband ORDER BY m.has_passband, m.visit, m.detector) AS has_passband
    INTO lacking
    FROM (
        SELECT d.visit, d.detector, c.visit IS NOT NULL AS has_passband
        FROM raw.VisitDetector AS d
        LEFT JOIN calibration.PassbandCoefficient AS c
            ON c.solutionId = passbands_id AND c.visit = d.visit AND c.detector = d.detector
        LEFT JOIN calibration.PhotoCalib AS p
            ON p.solutionId = solution_id AND p.visit = d.visit AND p.detector = d.detector
        WHERE (bands IS NULL OR d.band = ANY (bands)) AND (c.visit IS NULL OR p.visit IS NULL)
    ) AS m;
    IF lacking.visit IS NULL THEN
        RETURN;
    END IF;
    -- Of few visits many rows would be expected in each, and the stretch read for the first one.
    PERFORM set_config('enable_seqscan', 'off', true);
    EXECUTE format(
        'SELECT m.visit, m.detector, m.has_passband'
        ' FROM unnest($3, $4, $5) AS m (visit, detector, has_passband)'
        ' CROSS JOIN LATERAL (SELECT FROM raw.%I AS r WHERE r.visit = m.visit AND r.detector = m.detector'
        ' AND r.%2$s >= $1 AND r.%2$s < $2 LIMIT 1) AS r LIMIT 1',
        lower(CASE catalog WHEN 'Object' THEN 'ForcedSource' ELSE catalog END), key
    ) INTO met USING lo, hi, lacking.visit, lacking.detector, lacking.has_passband;
    IF NOT met.has_passband THEN
        PERFORM calibration.refuse_visit(met.visit, met.detector);
    ELSIF met.has_passband THEN
        PERFORM calibration.warn_visit(met.visit, met.detector);
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_passbands(text, bigint, bigint, bigint, bigint, text[]) IS
    'A step of calibration.recalibrate: an error with the remedy if a visit and detector of the stretch has no passband in the set, a warning if one has no zero point in the solution.';
