-- The cells (sky.zone_cell) at which batches of about so many rows start, ascending.
-- A crowd sets the size of the cells everywhere: where the sky is empty, many are taken at once.
-- requires: zone_cell
CREATE OR REPLACE FUNCTION sky.choose_batches(
    position_rows text, zones double precision, batch_rows double precision
) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    starts bigint[];
BEGIN
    EXECUTE format(
        'SELECT array_agg(f.cell ORDER BY f.cell) FROM ('
        'SELECT b.cell, b.batch > lag(b.batch) OVER (ORDER BY b.cell) AS begins FROM ('
        'SELECT c.cell, div(sum(c.n) OVER (ORDER BY c.cell) - c.n, %s) AS batch FROM ('
        'SELECT sky.zone_cell(p.ra, p."dec", %s) AS cell, count(*) AS n FROM (%s) AS p GROUP BY 1'
        ') AS c) AS b) AS f WHERE f.begins',
        greatest(1.0, batch_rows), zones, position_rows) INTO starts;
    RETURN coalesce(starts, '{}');
END
$$;

COMMENT ON FUNCTION sky.choose_batches(text, double precision, double precision) IS
    'Cells of sky.zone_cell at which batches start, so that each has about so many rows of a query of id, ra, dec, or is one cell.';
