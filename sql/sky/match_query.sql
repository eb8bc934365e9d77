-- The text of a query of the pairs of two queries of position rows that lie within a radius [arcsec].
--
-- Both sides are put into cells (sky.zone_cell), the smaller one into all that its circles touch, and
-- joined on them. Cells that hold a crowd of the smaller side (a cluster core) are left out of the
-- join, which would compare each with each, and go to a tree (sky.match_crowd), cell by cell.
-- For the modes nearest and mutual the pairs include at least each row's nearest.
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
    left_share CONSTANT double precision := least(1.0, 1e5 / left_count);
    right_share CONSTANT double precision := least(1.0, 1e5 / right_count);
    left_sample CONSTANT text := sky.sampled_rows(left_rows, left_share);
    right_sample CONSTANT text := sky.sampled_rows(right_rows, right_share);
    cells text := 'SELECT p.id, p.ra, p."dec", sky.zone_cell(p.ra, p."dec", %2$s) AS cell FROM (%1$s) AS p';
    zones double precision;
    crowded bigint[];
    pair_count double precision;
    pairs text;
BEGIN
    IF left_count < right_count THEN
        SELECT c.zones, c.crowded INTO zones, crowded FROM sky.choose_cells(left_sample, left_share, radius) AS c;
        left_rows := sky.touched_rows(left_rows, radius, zones);
        right_rows := format(cells, right_rows, zones);
    ELSE
        SELECT c.zones, c.crowded INTO zones, crowded FROM sky.choose_cells(right_sample, right_share, radius) AS c;
        left_rows := format(cells, left_rows, zones);
        right_rows := sky.touched_rows(right_rows, radius, zones);
    END IF;
    IF mode IN ('all', 'pairs') THEN
        pair_count := sky.count_pairs(left_sample, right_sample, radius, zones) / (left_share * right_share);
        IF pair_count > 1e8 THEN
            RAISE EXCEPTION 'some % pairs lie within % arcsec', to_char(pair_count, 'FM9.9EEEE'), radius_arcsec
                USING ERRCODE = 'program_limit_exceeded',
                      HINT = 'More than 1e8 are not returned: take a smaller radius, match views of a part of the sky, or ask for the nearest.';
        END IF;
    END IF;

    -- The relative 1e-15 keeps rounding from losing pairs on the rim, as in sky.in_cone.
    pairs := format(
        'SELECT l.id AS left_id, r.id AS right_id, sky.separation(l.ra, l."dec", r.ra, r."dec") * 3600 AS separation '
        'FROM (%s) AS l JOIN (%s) AS r USING (cell) WHERE public.q3c_sindist(l.ra, l."dec", r.ra, r."dec") <= %s%s',
        left_rows, right_rows, power(sin(radians(radius) / 2.0), 2.0) * (1.0 + 1e-15),
        CASE mode WHEN 'pairs' THEN ' AND l.id < r.id' END);
    IF crowded IS NULL THEN
        RETURN pairs;
    END IF;
    cells := 'SELECT c.cell, string_agg(int8send(c.id) || float8send(c.ra) || float8send(c."dec"), '''') AS positions '
        'FROM (%s) AS c WHERE c.cell = ANY (%L::bigint[]) GROUP BY c.cell';
    RETURN format(
        '%s AND cell <> ALL (%L::bigint[]) UNION ALL SELECT m.left_id, m.right_id, m.separation '
        'FROM (%s) AS l JOIN (%s) AS r USING (cell) '
        'CROSS JOIN LATERAL sky.match_crowd(l.positions, r.positions, %s, %L) AS m',
        pairs, crowded, format(cells, left_rows, crowded), format(cells, right_rows, crowded), radius_arcsec, mode);
END
$$;

COMMENT ON FUNCTION sky.match_query(text, text, double precision, text) IS
    'Text of a query of left_id, right_id, separation [arcsec] of pairs within a radius of two queries of id, ra, dec: all pairs, those with left_id < right_id (mode pairs), or at least each row''s nearest (modes nearest, mutual).';
