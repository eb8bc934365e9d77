-- Adds the stored DiaSources of the objects in pg_temp.dia_touched to pg_temp.dia_member.
--
-- A row of DiaSource lies within the margin of keys of its object's position: so the index on
-- diaObjectId of one partition, or of a few, is asked. The cells only choose the partitions: they are
-- wide, so that few objects lie near an edge. The planner, which does not know that an index entry leads
-- to a few rows of one page, would combine bitmaps and cache what is never asked again.
-- requires: touched_cells
CREATE OR REPLACE FUNCTION association.fetch_dia_members(release_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET enable_bitmapscan = off SET enable_memoize = off
AS $$
DECLARE
    reach float8 := sky.margin_arcsec();
    cell_order CONSTANT integer := 8;
    shift integer := 2 * (29 - cell_order);
BEGIN
    CREATE TEMPORARY TABLE dia_place ON COMMIT DROP AS
    SELECT n.diaObjectId, n.cell << shift AS lo, (n.cell + 1) << shift AS hi
    FROM (
        SELECT t.diaObjectId, sky.hpx29(t.ra, t.dec) >> shift AS cell FROM pg_temp.dia_touched AS t
        UNION ALL
        SELECT c.ids[t.number], t.cell
        FROM (
            SELECT array_agg(o.diaObjectId) AS ids, array_agg(o.ra) AS ra, array_agg(o.dec) AS dec
            FROM pg_temp.dia_touched AS o
        ) AS c
        CROSS JOIN LATERAL association.touched_cells(c.ra, c.dec, reach, cell_order) AS t
    ) AS n;
    ANALYZE pg_temp.dia_place;
    EXECUTE format(
        $insert$
        INSERT INTO pg_temp.dia_member
        SELECT p.diaObjectId, s.*
        FROM pg_temp.dia_place AS p
        CROSS JOIN LATERAL (
            SELECT
                d.midpointMjdTai, d.visit, d.diaSourceId, d.band, d.solutionId,
                d.ra, d.dec, d.raErr, d.decErr, d.ra_dec_Cov,
                CASE WHEN d.psfFlux_flag IS NOT TRUE THEN d.psfFlux END, d.psfFluxErr, d.scienceFlux, d.scienceFluxErr
            FROM %I.DiaSource AS d
            WHERE d.hpx29 >= p.lo AND d.hpx29 < p.hi AND d.diaObjectId = p.diaObjectId
            OFFSET 0
        ) AS s
        $insert$,
        release_name
    );
    DROP TABLE pg_temp.dia_place;
END
$$;

COMMENT ON FUNCTION association.fetch_dia_members(text) IS
    'A step of DiaObject generation: adds the stored DiaSources of the objects in pg_temp.dia_touched to pg_temp.dia_member.';
