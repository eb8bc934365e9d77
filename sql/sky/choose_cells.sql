-- Into how many zones to cut the sky for rows that are to be joined within a radius [deg], and the cells
-- that are crowded all the same. The rows are a sample: a share of all.
-- A cell shall hold about one row, and be six radii high at least: few circles cross an edge then.
-- requires: zone_cell
CREATE OR REPLACE FUNCTION sky.choose_cells(
    sampled_rows text, share double precision, radius double precision,
    OUT zones double precision, OUT crowded bigint[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    -- Rows per square degree where the rows are: the mean number of others in the 0.1 deg cell of a row.
    -- 2^25 zones: further ones would overflow, and are narrower than any catalog's errors.
    EXECUTE format(
        'WITH s AS MATERIALIZED (%s), z AS MATERIALIZED ('
        'SELECT floor(least(33554432.0, greatest(1.0, 180.0 / greatest(6.0 * $1, '
        '0.1 / sqrt(greatest(coalesce(sum(c.n * (c.n - 1)) / sum(c.n) / $2, 0.0), 0.01)))))) AS zones FROM ('
        'SELECT count(*)::float8 AS n FROM s GROUP BY sky.zone_cell(s.ra, s."dec", 1800)) AS c) '
        'SELECT z.zones, (SELECT array_agg(c.cell) FROM ('
        'SELECT sky.zone_cell(s.ra, s."dec", z.zones) AS cell FROM s '
        'GROUP BY 1 HAVING count(*) >= greatest(4, 100 * $2)) AS c) FROM z',
        sampled_rows) INTO zones, crowded USING radius, share;
END
$$;

COMMENT ON FUNCTION sky.choose_cells(text, double precision, double precision) IS
    'From a sample, a share (0 to 1) of the rows of a query of id, ra, dec: the number of zones (as in sky.zone_cell) with cells of about one row and at least six radii [deg], and the cells with 100 rows or more nevertheless.';
