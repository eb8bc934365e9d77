-- The text of a query of the pairs of two queries of position rows that lie within a radius [arcsec].
--
-- Left rows are put into their cell (sky.zone_cell), right rows into all that their circles touch, and
-- both are joined on the cells. Cells that hold a crowd of right rows (a cluster core) are left out of
-- the join, which would compare each with each, and go to a tree (sky.match_crowd), cell by cell.
-- requires: choose_cells count_pairs estimated_rows match_crowd sampled_rows touched_rows
CREATE OR REPLACE FUNCTION sky.match_query(
    left_rows text, right_rows text, radius_arcsec double precision, mode text
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    radius CONSTANT double precision := radius_arcsec / 3600.0;
    left_count CONSTANT double precision := sky.estimated_rows(left_rows);
    right_count CONSTANT double precision := sky.estimated_rows(right_rows);
    left_share CONSTANT double precision := least(1.0, greatest(0.02, 3e4 / left_count));
    right_share CONSTANT double precision := least(1.0, greatest(0.02, 3e4 / right_count));
    right_sample CONSTANT text := sky.sampled_rows(right_rows, right_share);
    packed CONSTANT text :=
        'SELECT c.cell, string_agg(int8send(c.id) || float8send(c.ra) || float8send(c."dec"), '''') AS positions '
        'FROM (%s) AS c WHERE c.cell = ANY (%L::bigint[]) GROUP BY c.cell';
    zones double precision;
    crowded bigint[];
    pair_count double precision;
    left_cells text;
    right_cells text;
    pairs text;
BEGIN
    SELECT c.zones, c.crowded INTO zones, crowded FROM sky.choose_cells(right_sample, right_share, radius) AS c;
    -- Without a crowd, a row has few neighbours.
    IF mode IN ('all', 'pairs') AND crowded IS NOT NULL THEN
        pair_count := sky.count_pairs(sky.sampled_rows(left_rows, left_share), right_sample, radius)
            / (left_share * right_share);
        IF pair_count > 1e8 THEN
            RAISE EXCEPTION 'some % pairs lie within % arcsec', ltrim(to_char(pair_count, '9.9EEEE')), radius_arcsec
                USING ERRCODE = 'program_limit_exceeded',
                      HINT = 'More than 1e8 are not returned: take a smaller radius, match views of a part of the sky, or ask for the nearest.';
        END IF;
    END IF;

    left_cells := format(
        'SELECT p.id, p.ra, p."dec", sky.zone_cell(p.ra, p."dec", %s) AS cell FROM (%s) AS p', zones, left_rows);
    right_cells := sky.touched_rows(right_rows, radius, zones);
    -- The relative 1e-15 keeps rounding from losing pairs on the rim, as in sky.in_cone.
    pairs := format(
        'SELECT cell, l.id AS left_id, l.ra, l."dec", r.id AS right_id, '
        'sky.separation(l.ra, l."dec", r.ra, r."dec") * 3600 AS separation '
        'FROM (%s) AS l JOIN (%s) AS r USING (cell) WHERE public.q3c_sindist(l.ra, l."dec", r.ra, r."dec") <= %s%s%s',
        left_cells, right_cells, power(sin(radians(radius) / 2.0), 2.0) * (1.0 + 1e-15),
        CASE mode WHEN 'pairs' THEN ' AND l.id < r.id' END,
        CASE WHEN crowded IS NOT NULL THEN
            format(' AND l.cell <> ALL (%1$L::bigint[]) AND r.cell <> ALL (%1$L::bigint[])', crowded) END);
    -- All pairs of a left row come from one cell, and the join gives them cell by cell, nearly sorted.
    pairs := format(
        CASE mode WHEN 'nearest' THEN
            '(SELECT DISTINCT ON (p.cell, p.left_id, p.ra, p."dec") p.left_id, p.right_id, p.separation FROM (%s) AS p '
            'ORDER BY p.cell, p.left_id, p.ra, p."dec", p.separation, p.right_id)'
        ELSE 'SELECT p.left_id, p.right_id, p.separation FROM (%s) AS p' END, pairs);
    IF crowded IS NOT NULL THEN
        pairs := format(
            '%s UNION ALL SELECT m.left_id, m.right_id, m.separation FROM (%s) AS l JOIN (%s) AS r USING (cell) '
            'CROSS JOIN LATERAL sky.match_crowd(l.positions, r.positions, %s, %L) AS m',
            pairs, format(packed, left_cells, crowded), format(packed, right_cells, crowded), radius_arcsec, mode);
    END IF;
    IF mode <> 'mutual' THEN
        RETURN pairs;
    END IF;
    RETURN format(
        'WITH p AS MATERIALIZED (%s) SELECT l.* FROM '
        '(SELECT DISTINCT ON (p.left_id) p.* FROM p ORDER BY p.left_id, p.separation, p.right_id) AS l JOIN '
        '(SELECT DISTINCT ON (p.right_id) p.left_id, p.right_id FROM p ORDER BY p.right_id, p.separation, p.left_id) AS r '
        'USING (left_id, right_id)', pairs);
END
$$;

COMMENT ON FUNCTION sky.match_query(text, text, double precision, text) IS
    'Text of a query of left_id, right_id, separation [arcsec] of pairs within a radius of two queries of id, ra, dec: modes nearest, all, mutual as in sky.cross_match, and pairs, those with left_id < right_id.';
