-- Makes pg_temp.dia_member of the stored DiaSources of the objects in pg_temp.dia_touched.
--
-- A row of DiaSource lies within the margin of keys of its object's position, in one partition, or at
-- an edge in one of a few: there the index on diaObjectId is asked, by an arm of a union per partition.
-- Planning and starting a query over all partitions would take longer the more there are. The
-- planner, which does not know that an index entry leads to a few rows of one page, would combine
-- bitmaps and cache what is never asked again.
-- requires: reached_cells
CREATE OR REPLACE FUNCTION association.fetch_dia_members(release_name text, batch_size integer DEFAULT 20000)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET enable_bitmapscan = off SET enable_memoize = off SET default_statistics_target = 10
AS $$
DECLARE
    -- Wide cells, so that few objects lie near an edge of one.
    cell_order CONSTANT integer := 8;
    shift CONSTANT integer := 42;
    -- The sources of one partition, object by object.
    arm CONSTANT text := $arm$
        (
            SELECT w.batch, w.diaObjectId, s.*
            FROM (SELECT * FROM pg_temp.dia_wanted WHERE lo = %2$s ORDER BY diaObjectId) AS w
            CROSS JOIN LATERAL (
                SELECT
                    d.midpointMjdTai, d.visit, d.diaSourceId, d.band, d.solutionId,
                    d.ra, d.dec, d.raErr, d.decErr, d.ra_dec_Cov,
                    CASE WHEN d.psfFlux_flag IS NOT TRUE THEN d.psfFlux END AS psfFlux, d.psfFluxErr,
                    d.scienceFlux, d.scienceFluxErr
                FROM %1$I.DiaSource AS d
                WHERE d.hpx29 >= %2$s AND d.hpx29 < %3$s AND d.diaObjectId = w.diaObjectId
                OFFSET 0
            ) AS s
            ORDER BY w.diaObjectId, s.midpointMjdTai, s.visit, s.diaSourceId
        )
        $arm$;
BEGIN
    CREATE TEMPORARY TABLE dia_place ON COMMIT DROP AS
    SELECT u.diaObjectId, u.cell
    FROM (
        SELECT array_agg(t.diaObjectId) AS ids, array_agg(t.ra) AS ra, array_agg(t.dec) AS dec
        FROM pg_temp.dia_touched AS t
    ) AS g
    CROSS JOIN LATERAL association.reached_cells(g.ids, g.ra, g.dec, sky.margin_arcsec(), cell_order) AS c
    CROSS JOIN LATERAL unnest(c.id, c.cell) AS u (diaObjectId, cell);
    -- Whole objects go to Python together until they hold batch_size sources.
    CREATE TEMPORARY TABLE dia_wanted ON COMMIT DROP AS
    SELECT DISTINCT b.batch, l.diaObjectId, p.lo, p.hi
    FROM pg_temp.dia_place AS l
    JOIN (
        SELECT c.cell, n.lo, n.hi
        FROM (SELECT DISTINCT d.cell FROM pg_temp.dia_place AS d) AS c
        JOIN meta.Partition AS n
            ON n.tessellation = release_name AND n.lo < (c.cell + 1) << shift AND n.hi > c.cell << shift
    ) AS p USING (cell)
    JOIN (
        SELECT t.diaObjectId, sum(coalesce(t.nDiaSources, 0) + 1) OVER (ORDER BY t.diaObjectId) / batch_size AS batch
        FROM pg_temp.dia_touched AS t
    ) AS b USING (diaObjectId);
    ANALYZE pg_temp.dia_wanted;
    EXECUTE format(
        $create$
        CREATE TEMPORARY TABLE dia_member ON COMMIT DROP AS
        SELECT
            m.batch, m.diaObjectId, m.midpointMjdTai AS mjd, m.band, m.solutionId,
            m.ra, m.dec, m.raErr, m.decErr, m.ra_dec_Cov, m.psfFlux, m.psfFluxErr, m.scienceFlux, m.scienceFluxErr
        FROM (%s) AS m
        -- Sums of floating-point numbers depend on their order: this one is always the same. Each arm is
        -- sorted object by object and then merged, which costs less than to sort all.
        ORDER BY m.diaObjectId, m.midpointMjdTai, m.visit, m.diaSourceId
        $create$,
        (
            SELECT string_agg(format(arm, release_name, p.lo, p.hi), ' UNION ALL ')
            -- One without rows, should there be no other.
            FROM (SELECT DISTINCT w.lo, w.hi FROM pg_temp.dia_wanted AS w UNION SELECT 0, 0) AS p
        )
    );
    DROP TABLE pg_temp.dia_place, pg_temp.dia_wanted;
END
$$;

COMMENT ON FUNCTION association.fetch_dia_members(text, integer) IS
    'A step of DiaObject generation: makes pg_temp.dia_member of the stored DiaSources of the objects in pg_temp.dia_touched, in batches of whole objects that hold about batch_size sources.';
