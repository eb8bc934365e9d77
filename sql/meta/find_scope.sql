-- One row per place that a load, or the whole unit it belongs to, holds; per kind if rows have no place.
CREATE OR REPLACE FUNCTION meta.find_scope(
    load_id bigint, OUT kind text, OUT major bigint, OUT minor integer, OUT band text
) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT DISTINCT l.kind, coalesce(s.major, 0), coalesce(s.minor, 0), coalesce(s.band, '')
    FROM meta.Load AS given
    JOIN meta.Load AS l
        ON l.loadId = coalesce(given.unitId, given.loadId)
        OR l.unitId = coalesce(given.unitId, given.loadId)
    LEFT JOIN meta.LoadScope AS s ON s.loadId = l.loadId
    WHERE given.loadId = load_id AND l.state = 'loaded' AND l.kind <> 'Manifest'
    ORDER BY 1, 2, 3, 4;
END;

COMMENT ON FUNCTION meta.find_scope(bigint) IS
    'Places that a load, or the whole unit it belongs to, holds; 0, 0 and an empty band for tables whose rows have none.';
