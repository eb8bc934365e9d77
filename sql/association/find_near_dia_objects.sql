-- Makes pg_temp.dia_near: one row per cell of pg_temp.dia_cell and DiaObject whose id lies in it.
--
-- Each cell is a short range of the primary key. The partitions that hold them are named by their
-- bounds, one arm of a union each: planning and starting a query over all partitions would take
-- longer the more there are. The planner, which does not know how short the ranges are, would make
-- bitmaps and cache what is never asked again.
CREATE OR REPLACE FUNCTION association.find_near_dia_objects(release_name text, cell_order integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET enable_bitmapscan = off SET enable_memoize = off SET default_statistics_target = 10
AS $$
DECLARE
    shift integer := 2 * (29 - cell_order);
    -- The objects of one partition.
    arm CONSTANT text := $arm$
        SELECT c.cell, o.*
        FROM pg_temp.dia_range AS c
        CROSS JOIN LATERAL (
            SELECT n.diaObjectId, n.ra, n.dec, n.raErr, n.decErr, n.lastDiaSourceMjdTai, n.nDiaSources
            FROM %1$I.DiaObject AS n
            WHERE n.diaObjectId >= c.lo AND n.diaObjectId < c.hi AND n.diaObjectId >= %2$s AND n.diaObjectId < %3$s
            OFFSET 0
        ) AS o
        WHERE c.hi > %2$s AND c.lo < %3$s
        $arm$;
BEGIN
    CREATE TEMPORARY TABLE dia_range ON COMMIT DROP AS
    SELECT DISTINCT c.cell, c.cell << shift AS lo, (c.cell + 1) << shift AS hi FROM pg_temp.dia_cell AS c;
    EXECUTE 'CREATE TEMPORARY TABLE dia_near ON COMMIT DROP AS ' || (
        SELECT string_agg(format(arm, release_name, p.lo, p.hi), ' UNION ALL ')
        FROM (
            SELECT n.lo, n.hi
            FROM meta.Partition AS n
            WHERE n.tessellation = release_name
                AND int8range(n.lo, n.hi) && (SELECT range_agg(int8range(r.lo, r.hi)) FROM pg_temp.dia_range AS r)
            -- One without rows, should there be no other.
            UNION SELECT 0, 0
        ) AS p
    );
    DROP TABLE pg_temp.dia_range;
    ANALYZE pg_temp.dia_near (cell, diaObjectId);
END
$$;

COMMENT ON FUNCTION association.find_near_dia_objects(text, integer) IS
    'A step of DiaObject generation: the DiaObjects of a release in the HEALPix cells of pg_temp.dia_cell.';
