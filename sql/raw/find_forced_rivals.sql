-- One row per other load that brought forced photometry of some objects on some visits and detectors.
CREATE OR REPLACE FUNCTION raw.find_forced_rivals(
    load_id bigint, object_ids bigint[], visits bigint[], detectors integer[]
) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
-- One look-up per row, by the primary key: never through the whole table.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
BEGIN ATOMIC
    SELECT DISTINCT f.loadId
    FROM unnest(object_ids, visits, detectors) AS k (id, visit, detector)
    JOIN raw.ForcedSource AS f
        ON f.objectId = k.id AND f.visit = k.visit AND f.detector = k.detector
    WHERE f.loadId <> load_id
    ORDER BY f.loadId;
END;

COMMENT ON FUNCTION raw.find_forced_rivals(bigint, bigint[], bigint[], integer[]) IS
    'Loads other than load_id that brought any of the given rows of forced photometry: object, visit and detector.';
