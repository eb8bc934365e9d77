-- Trigger that keeps VisitPhotoCalib the same as PhotoCalib, for the visits of the rows that a statement changed.
CREATE OR REPLACE FUNCTION calibration.pack_zero_points() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM calibration.VisitPhotoCalib;
        RETURN NULL;
    END IF;
    -- Who else writes zero points of these solutions waits, to see the rows that are packed here.
    PERFORM FROM calibration.Solution AS s
    WHERE s.solutionId IN (SELECT c.solutionId FROM changed AS c)
    ORDER BY s.solutionId FOR NO KEY UPDATE;
    DELETE FROM calibration.VisitPhotoCalib AS v USING changed AS c
    WHERE v.solutionId = c.solutionId AND v.visit = c.visit;
    INSERT INTO calibration.VisitPhotoCalib (solutionId, visit, firstDetector, zMean)
    SELECT s.solutionId, s.visit, s.first, array_agg(p.zMean ORDER BY n.detector)
    FROM (
        -- Arrays of at most 256: numbers of detectors may be far apart.
        SELECT p.solutionId, p.visit, p.detector & -256 AS first, max(p.detector) AS last
        FROM (SELECT DISTINCT c.solutionId, c.visit FROM changed AS c) AS c
        JOIN calibration.PhotoCalib AS p USING (solutionId, visit)
        GROUP BY p.solutionId, p.visit, first
    ) AS s
    CROSS JOIN LATERAL generate_series(s.first, s.last) AS n (detector)
    LEFT JOIN calibration.PhotoCalib AS p USING (solutionId, visit, detector)
    GROUP BY s.solutionId, s.visit, s.first;
    RETURN NULL;
END
$$;

-- Nobody may put it on a table of their own: it would empty the arrays with that, and casts of own types ran as the owner.
REVOKE ALL ON FUNCTION calibration.pack_zero_points() FROM PUBLIC;
COMMENT ON FUNCTION calibration.pack_zero_points() IS
    'Trigger function: writes the rows of calibration.VisitPhotoCalib of the visits whose zero points a statement changed.';
