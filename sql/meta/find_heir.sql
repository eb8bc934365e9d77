-- The load that holds the place of a content which was loaded until another took its place; NULL if none.
-- A place may be taken several times. From the load that took it the way goes on with that one's
-- content, which may have been loaded again under a newer loadId. Attempts that brought nothing,
-- refused or killed ones, are passed over. No content is met twice: each step is to a later load.
-- The latest entry is found among those of a content: max(), or LIMIT 1, would be looked for along all
-- loads, the last one first, where PostgreSQL does not know yet how few a content has.
CREATE OR REPLACE FUNCTION meta.find_heir(content_hash text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE chain (load_id) AS (
        SELECT (array_agg(l.loadId ORDER BY l.loadId DESC))[1]
        FROM meta.Load AS l
        WHERE l.contentHash = content_hash AND l.state IN ('loaded', 'replaced', 'undone')
        UNION
        SELECT (
            SELECT (array_agg(l.loadId ORDER BY l.loadId DESC))[1]
            FROM meta.Load AS l
            WHERE l.contentHash = successor.contentHash
                AND l.state IN ('loaded', 'replaced', 'undone')
        )
        FROM chain AS c
        JOIN meta.Load AS replaced ON replaced.loadId = c.load_id
        JOIN meta.Load AS successor ON successor.loadId = replaced.replacedBy
    )
    SELECT coalesce(heir.unitId, heir.loadId)
    FROM chain AS c
    JOIN meta.Load AS heir ON heir.loadId = c.load_id
    WHERE heir.state = 'loaded' AND heir.contentHash <> content_hash;
END;

COMMENT ON FUNCTION meta.find_heir(text) IS
    'Load, or unit, that holds the place of a content by its SHA-256: the one that replaced it, or that replaced that one, and so on; NULL if the content is loaded itself or was never, or if what replaced it was undone.';
