-- Into how many zones to cut the sky so that a cell holds about so many rows, and is six radii [deg] high at least.
-- requires: zone_cell
CREATE OR REPLACE FUNCTION sky.choose_zones(
    position_rows text, cell_rows double precision, radius double precision
) RETURNS double precision
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    others double precision;
BEGIN
    -- How crowded the sky is where the rows are: the mean number of others in the 0.1 deg cell of a row.
    EXECUTE format(
        'SELECT sum(c.n * (c.n - 1)) / sum(c.n) FROM ('
        'SELECT count(*)::float8 AS n FROM (%s) AS p GROUP BY sky.zone_cell(p.ra, p."dec", 1800)) AS c',
        position_rows) INTO others;
    -- 2^25 zones: further ones would overflow.
    RETURN floor(least(33554432.0, greatest(1.0, 180.0 / greatest(
        6.0 * radius, 0.1 * sqrt(cell_rows / greatest(coalesce(others, 0.0), 1e-6))))));
END
$$;

COMMENT ON FUNCTION sky.choose_zones(text, double precision, double precision) IS
    'Number of zones (as in sky.zone_cell) whose cells hold about so many rows of a query of id, ra, dec, and are at least six radii [deg] high.';
