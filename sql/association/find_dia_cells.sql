-- Fills pg_temp.dia_cell: one row per row of pg_temp.dia_position and cell that it, or a circle around it, lies in.
-- requires: reached_cells
CREATE OR REPLACE FUNCTION association.find_dia_cells(radius_arcsec float8, cell_order integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    TRUNCATE pg_temp.dia_cell;
    INSERT INTO pg_temp.dia_cell (diaSourceId, cell)
    SELECT u.*
    FROM (
        SELECT array_agg(n.diaSourceId) AS ids, array_agg(n.ra) AS ra, array_agg(n.dec) AS dec
        FROM (SELECT p.*, row_number() OVER () / 20000 AS batch FROM pg_temp.dia_position AS p) AS n
        GROUP BY n.batch
    ) AS g
    CROSS JOIN LATERAL association.reached_cells(g.ids, g.ra, g.dec, radius_arcsec, cell_order) AS c
    CROSS JOIN LATERAL unnest(c.id, c.cell) AS u;
    ANALYZE pg_temp.dia_cell;
END
$$;

COMMENT ON FUNCTION association.find_dia_cells(float8, integer) IS
    'A step of DiaObject generation: the HEALPix cells that circles [arcsec] around the rows of pg_temp.dia_position touch.';
