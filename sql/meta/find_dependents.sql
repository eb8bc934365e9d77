-- One row per other load whose rows need a visit, or a visit and detector, that some loads brought.
CREATE OR REPLACE FUNCTION meta.find_dependents(
    load_ids bigint[], OUT load_id bigint, OUT kind text, OUT path text
) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT DISTINCT l.loadId, l.kind, l.path
    FROM (
        SELECT s.loadId
        FROM meta.LoadScope AS needed
        JOIN meta.LoadScope AS s ON s.kind = 'VisitDetector' AND s.major = needed.major
        WHERE needed.loadId = ANY (load_ids) AND needed.kind = 'Visit'
        UNION ALL
        SELECT s.loadId
        FROM meta.LoadScope AS needed
        JOIN meta.LoadScope AS s ON s.kind IN ('Source', 'DiaSource', 'ForcedSource')
            AND s.major = needed.major AND s.minor = needed.minor
        WHERE needed.loadId = ANY (load_ids) AND needed.kind = 'VisitDetector'
    ) AS d
    JOIN meta.Load AS l USING (loadId)
    WHERE l.loadId <> ALL (load_ids)
    ORDER BY l.loadId;
END;

COMMENT ON FUNCTION meta.find_dependents(bigint[]) IS
    'Other loads whose rows need a visit (VisitDetector) or a visit and detector (Source, DiaSource, ForcedSource) that the given loads brought.';
