-- One row per given pair of visit and detector that raw.VisitDetector does not have.
CREATE OR REPLACE FUNCTION raw.find_unknown_detectors(
    visits bigint[], detectors integer[], OUT visit bigint, OUT detector integer
) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT given.visit, given.detector
    FROM unnest(visits, detectors) AS given (visit, detector)
    WHERE NOT EXISTS (
        SELECT FROM raw.VisitDetector AS v
        WHERE v.visit = given.visit AND v.detector = given.detector
    )
    ORDER BY given.visit, given.detector;
END;

COMMENT ON FUNCTION raw.find_unknown_detectors(bigint[], integer[]) IS
    'Those of the given pairs of visit and detector that raw.VisitDetector does not have.';
