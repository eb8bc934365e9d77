-- One row per visit and detector of a load that raw.Visit or raw.VisitDetector does not have.
CREATE OR REPLACE FUNCTION raw.find_lost_visits(
    load_id bigint, OUT visit bigint, OUT detector integer
) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT s.major, s.minor
    FROM meta.LoadScope AS s
    WHERE s.loadId = load_id AND (
        s.kind = 'VisitDetector'
        AND NOT EXISTS (SELECT FROM raw.Visit AS v WHERE v.visit = s.major)
        OR s.kind IN ('Source', 'DiaSource', 'ForcedSource')
        AND NOT EXISTS (
            SELECT FROM raw.VisitDetector AS d WHERE d.visit = s.major AND d.detector = s.minor
        )
    )
    ORDER BY s.major, s.minor;
END;

COMMENT ON FUNCTION raw.find_lost_visits(bigint) IS
    'Visits and detectors of the rows of a load that raw.Visit, or raw.VisitDetector, does not have: undone while the load ran.';
