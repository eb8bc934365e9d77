-- Makes pg_temp.dia_near: one row per cell of pg_temp.dia_cell and DiaObject whose id lies in it.
--
-- Each cell is a short range of the primary key of one partition. The planner, which does not know how
-- short, would make bitmaps and cache what is never asked again.
CREATE OR REPLACE FUNCTION association.find_near_dia_objects(release_name text, cell_order integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET enable_bitmapscan = off SET enable_memoize = off
AS $$
BEGIN
    EXECUTE format(
        $select$
        CREATE TEMPORARY TABLE dia_near ON COMMIT DROP AS
        SELECT c.cell, o.*
        FROM (
            SELECT DISTINCT d.cell, d.cell << %2$s AS lo, (d.cell + 1) << %2$s AS hi FROM pg_temp.dia_cell AS d
        ) AS c
        CROSS JOIN LATERAL (
            SELECT n.diaObjectId, n.ra, n.dec, n.raErr, n.decErr, n.lastDiaSourceMjdTai
            FROM %1$I.DiaObject AS n
            WHERE n.diaObjectId >= c.lo AND n.diaObjectId < c.hi
            OFFSET 0
        ) AS o
        $select$,
        release_name, 2 * (29 - cell_order)
    );
    ANALYZE pg_temp.dia_near (cell, diaObjectId);
END
$$;

COMMENT ON FUNCTION association.find_near_dia_objects(text, integer) IS
    'A step of DiaObject generation: the DiaObjects of a release in the HEALPix cells of pg_temp.dia_cell.';
