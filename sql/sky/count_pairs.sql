-- About how many pairs of two queries of position rows lie within a radius [deg].
-- requires: zone_cell
CREATE OR REPLACE FUNCTION sky.count_pairs(left_rows text, right_rows text, radius double precision)
RETURNS double precision
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    -- Cells of the circle's area: on average they hold as many others as the circle about a row.
    zones CONSTANT double precision := floor(least(33554432.0, greatest(1.0, 180.0 / (sqrt(pi()) * radius))));
    pair_count double precision;
BEGIN
    EXECUTE format(
        'SELECT sum(l.n * r.n) FROM '
        '(SELECT sky.zone_cell(s.ra, s."dec", $1) AS cell, count(*)::float8 AS n FROM (%s) AS s GROUP BY 1) AS l JOIN '
        '(SELECT sky.zone_cell(s.ra, s."dec", $1) AS cell, count(*)::float8 AS n FROM (%s) AS s GROUP BY 1) AS r '
        'USING (cell)', left_rows, right_rows) INTO pair_count USING zones;
    RETURN coalesce(pair_count, 0.0);
END
$$;

COMMENT ON FUNCTION sky.count_pairs(text, text, double precision) IS
    'About how many pairs of the rows of two queries of id, ra, dec lie within a radius [deg]: those that share a cell of the area of the circle.';
