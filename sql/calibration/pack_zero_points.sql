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
    DELETE FROM calibration.VisitPhotoCalib AS v USING changed AS c
    WHERE v.solutionId = c.solutionId AND v.visit = c.visit;
    INSERT INTO calibration.VisitPhotoCalib (solutionId, visit, firstDetector, zMean)
    SELECT s.solutionId, s.visit, s.first, array_agg(p.zMean ORDER BY n.detector)
    FROM (
        SELECT p.solutionId, p.visit, min(p.detector) AS first, max(p.detector) AS last
        FROM (SELECT DISTINCT c.solutionId, c.visit FROM changed AS c) AS c
        JOIN calibration.PhotoCalib AS p USING (solutionId, visit)
        GROUP BY p.solutionId, p.visit
    ) AS s
    CROSS JOIN LATERAL generate_series(s.first, s.last) AS n (detector)
    LEFT JOIN calibration.PhotoCalib AS p USING (solutionId, visit, detector)
    GROUP BY s.solutionId, s.visit, s.first;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION calibration.pack_zero_points() IS
    'Trigger function: writes the rows of calibration.VisitPhotoCalib of the visits whose zero points a statement changed.';
