-- Groups the detections of all visits into objects (LDM-151 8.24.4) and returns the number of objects.
--
-- Detections are friends if they lie within the radius; friends of friends are one object if no visit
-- saw two of them, otherwise association.group_sources tells them apart. The sky is worked through in
-- HEALPix cells, with copies of the detections near an edge, whose groups are then joined: neither
-- the cells nor the partitions nor the order of the rows change the result. Whole cells, along the sky,
-- go to Python together until they hold batch_size detections: a call costs 1 ms.
-- requires: group_sources join_links link_friends touched_cells
CREATE OR REPLACE FUNCTION association.associate_sources(
    release_name text, radius_arcsec float8 DEFAULT 0.5, cell_order integer DEFAULT 10,
    batch_size integer DEFAULT 5000
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM meta.require_open_release(release_name);
    IF (radius_arcsec BETWEEN 0.001 AND 60 AND cell_order BETWEEN 0 AND 20 AND batch_size > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'the radius is % arcsec, cells are of order %, batches of %', radius_arcsec, cell_order, batch_size
            USING HINT = 'Give a radius of 0.001 to 60 arcsec, 0.5 to 1 is usual, and leave out the rest.';
    END IF;

    CREATE TEMPORARY TABLE detection ON COMMIT DROP AS
    SELECT
        s.hpx29, s.sourceId, s.visit, s.ra, s.dec,
        coalesce(s.detect_isPrimary, true) AS is_primary,
        s.hpx29 >> 2 * (29 - cell_order) AS cell
    FROM raw.Source AS s;
    ANALYZE pg_temp.detection;

    -- One row per detection and cell that it, or a circle around it, lies in.
    CREATE TEMPORARY TABLE piece ON COMMIT DROP AS
    SELECT d.cell, d.sourceId, d.ra, d.dec
    FROM pg_temp.detection AS d
    UNION ALL
    SELECT t.cell, c.ids[t.number], c.ra[t.number], c.dec[t.number]
    FROM (
        SELECT array_agg(d.sourceId) AS ids, array_agg(d.ra) AS ra, array_agg(d.dec) AS dec
        FROM (
            SELECT n.*, count(*) OVER (ORDER BY n.cell) / batch_size AS batch
            FROM pg_temp.detection AS n
        ) AS d
        GROUP BY d.batch
    ) AS c
    CROSS JOIN LATERAL association.touched_cells(c.ra, c.dec, radius_arcsec, cell_order) AS t;
    ANALYZE pg_temp.piece;

    -- One row per detection and chain of friends it belongs to within the cells of one batch.
    CREATE TEMPORARY TABLE chain ON COMMIT DROP AS
    SELECT u.sourceId, u.chainId
    FROM (
        SELECT array_agg(p.sourceId) AS ids, array_agg(p.ra) AS ra, array_agg(p.dec) AS dec
        FROM (
            SELECT n.*, count(*) OVER (ORDER BY n.cell) / batch_size AS batch
            FROM pg_temp.piece AS n
        ) AS p
        GROUP BY p.batch
    ) AS c
    CROSS JOIN LATERAL unnest(
        c.ids, association.link_friends(c.ids, c.ra, c.dec, radius_arcsec)
    ) AS u (sourceId, chainId);

    -- Chains of different batches that share a detection are one.
    CREATE TEMPORARY TABLE renamed ON COMMIT DROP AS
    SELECT j.id, j.leastId
    FROM (
        SELECT array_agg(c.chainId) AS first_id, array_agg(l.leastId) AS second_id
        FROM (
            SELECT sourceId, min(chainId) AS leastId
            FROM pg_temp.chain
            GROUP BY sourceId
            HAVING min(chainId) <> max(chainId)
        ) AS l
        JOIN pg_temp.chain AS c USING (sourceId)
    ) AS link
    CROSS JOIN LATERAL association.join_links(link.first_id, link.second_id) AS j;

    -- One row per detection, with the whole chain it belongs to.
    CREATE TEMPORARY TABLE member ON COMMIT DROP AS
    SELECT d.hpx29, d.sourceId, d.visit, d.is_primary, d.ra, d.dec,
        coalesce(r.leastId, c.chainId) AS chainId
    FROM pg_temp.detection AS d
    JOIN (SELECT sourceId, min(chainId) AS chainId FROM pg_temp.chain GROUP BY sourceId) AS c
        USING (sourceId)
    LEFT JOIN pg_temp.renamed AS r ON r.id = c.chainId;
    ANALYZE pg_temp.member;

    -- One row per detection, with the detection that discovered its object.
    CREATE TEMPORARY TABLE grouped ON COMMIT DROP AS
    WITH crowded AS MATERIALIZED (
        SELECT m.chainId FROM pg_temp.member AS m
        GROUP BY m.chainId
        HAVING count(*) > count(DISTINCT m.visit)
    )
    SELECT
        m.hpx29, m.sourceId,
        first_value(m.sourceId) OVER (PARTITION BY m.chainId ORDER BY m.visit, m.sourceId) AS discoveryId
    FROM pg_temp.member AS m
    WHERE NOT EXISTS (SELECT FROM crowded AS k WHERE k.chainId = m.chainId)
    UNION ALL
    SELECT u.hpx29, u.sourceId, u.discoveryId
    FROM (
        SELECT
            array_agg(m.hpx29) AS hpx, array_agg(m.visit) AS visits, array_agg(m.sourceId) AS ids,
            array_agg(m.is_primary) AS is_primary, array_agg(m.ra) AS ra, array_agg(m.dec) AS dec
        FROM pg_temp.member AS m
        JOIN crowded USING (chainId)
        GROUP BY m.chainId
    ) AS c
    CROSS JOIN LATERAL unnest(
        c.hpx, c.ids,
        association.group_sources(c.visits, c.ids, c.is_primary, c.ra, c.dec, radius_arcsec)
    ) AS u (hpx29, sourceId, discoveryId);

    -- Objects in the order of the sky: each takes the hpx29 of its discovery, or the next free number.
    CREATE TEMPORARY TABLE discovery ON COMMIT DROP AS
    SELECT
        d.sourceId AS discoveryId,
        d.place + max(d.hpx29 - d.place) OVER (ORDER BY d.place) AS objectId
    FROM (
        SELECT m.hpx29, m.sourceId, row_number() OVER (ORDER BY m.hpx29, m.visit, m.sourceId) AS place
        FROM pg_temp.member AS m
        WHERE m.sourceId IN (SELECT g.discoveryId FROM pg_temp.grouped AS g)
    ) AS d;
    GET DIAGNOSTICS made = ROW_COUNT;

    DELETE FROM association.SourceGroup AS g WHERE g.release = release_name;
    INSERT INTO association.SourceGroup (release, hpx29, sourceId, objectId)
    SELECT release_name, g.hpx29, g.sourceId, d.objectId
    FROM pg_temp.grouped AS g
    JOIN pg_temp.discovery AS d USING (discoveryId)
    ORDER BY g.hpx29, g.sourceId;

    DROP TABLE
        pg_temp.detection, pg_temp.piece, pg_temp.chain, pg_temp.renamed, pg_temp.member,
        pg_temp.grouped, pg_temp.discovery;
    RETURN made;
END
$$;

COMMENT ON FUNCTION association.associate_sources(text, float8, integer, integer) IS
    'Groups the detections of all visits into the objects of an open release, within a radius [arcsec], and returns their number; running it again gives the same.';
