-- About how many pairs of two queries of position rows lie within a radius [deg], from samples of both.
-- requires: zone_cell
CREATE OR REPLACE FUNCTION sky.count_pairs(
    left_sample text, right_sample text, radius double precision, zones double precision
) RETURNS double precision
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    pair_count double precision;
BEGIN
    EXECUTE format(
        'SELECT sum(l.n * r.n) FROM '
        '(SELECT sky.zone_cell(s.ra, s."dec", $1) AS cell, count(*)::float8 AS n FROM (%s) AS s GROUP BY 1) AS l JOIN '
        '(SELECT sky.zone_cell(s.ra, s."dec", $1) AS cell, count(*)::float8 AS n FROM (%s) AS s GROUP BY 1) AS r '
        'USING (cell)', left_sample, right_sample) INTO pair_count USING zones;
    -- Within a cell, a circle's share of its area.
    RETURN coalesce(pair_count, 0.0) * least(1.0, pi() * power(radius * zones / 180.0, 2.0));
END
$$;

COMMENT ON FUNCTION sky.count_pairs(text, text, double precision, double precision) IS
    'About how many pairs of the rows of two queries of id, ra, dec lie within a radius [deg]: those that share a cell of sky.zone_cell, times the circle''s share of the cell.';
