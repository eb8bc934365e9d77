-- The text of a query of the pairs of two queries of position rows that lie within a radius [arcsec].
--
-- Columns go to Python as arrays, and pairs come back as arrays (sky.match_positions): in all a third of
-- what it takes to sort and join the rows in SQL. Many rows go batch by batch, some cells of the sky each:
-- left rows in their batch, right rows in all that their circles touch. A batch is one call of Python,
-- which cannot be cancelled (half a second a million rows), and some hundred bytes of memory a row. A cell
-- is six radii high at least: 67 million rows on one side of it are more than an array holds.
-- requires: choose_batches choose_zones estimated_rows match_positions sampled_rows touched_batches
CREATE OR REPLACE FUNCTION sky.match_query(
    left_rows text, right_rows text, radius_arcsec double precision, mode text, batch_size double precision DEFAULT 1e6
) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    radius CONSTANT double precision := radius_arcsec / 3600.0;
    row_count CONSTANT double precision := sky.estimated_rows(left_rows) + sky.estimated_rows(right_rows);
    share CONSTANT double precision := least(1.0, 1e5 / row_count);
    arrays text := 'array_agg(s.id) %1$s AS %2$s_ids, array_agg(s.ra) %1$s AS %2$s_ra, array_agg(s."dec") %1$s AS %2$s_dec';
    columns text;
    sample text;
    zones double precision;
    starts bigint[];
    pairs text;
BEGIN
    IF row_count <= 3 * batch_size THEN
        columns := format(
            '(SELECT %s FROM (%s) AS s) AS l CROSS JOIN (SELECT %s FROM (%s) AS s) AS r',
            format(arrays, '', 'left'), left_rows, format(arrays, '', 'right'), right_rows);
    ELSE
        sample := sky.sampled_rows(left_rows, share) || ' UNION ALL ' || sky.sampled_rows(right_rows, share);
        zones := sky.choose_zones(sample, batch_size * share, radius);
        starts := sky.choose_batches(sample, zones, batch_size * share);
        columns := format(
            '(SELECT %s, %s FROM ('
            'SELECT p.id, p.ra, p."dec", sky.zone_batch(p.ra, p."dec", %s, %L) AS batch, true AS is_left FROM (%s) AS p '
            'UNION ALL SELECT t.id, t.ra, t."dec", t.batch, false FROM (%s) AS t) AS s GROUP BY s.batch) AS c',
            format(arrays, 'FILTER (WHERE s.is_left)', 'left'), format(arrays, 'FILTER (WHERE NOT s.is_left)', 'right'),
            zones, starts, left_rows, sky.touched_batches(right_rows, radius, zones, starts));
    END IF;
    pairs := format(
        'SELECT unnest(m.paired_left) AS left_id, unnest(m.paired_right) AS right_id, unnest(m.separations) AS separation '
        'FROM %s CROSS JOIN LATERAL sky.match_positions('
        'left_ids, left_ra, left_dec, right_ids, right_ra, right_dec, %s, %L) AS m',
        columns, radius_arcsec, mode);
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

COMMENT ON FUNCTION sky.match_query(text, text, double precision, text, double precision) IS
    'Text of a query of left_id, right_id, separation [arcsec] of pairs within a radius of two queries of id, ra, dec: modes nearest, all, mutual as in sky.cross_match, and pairs, those with left_id < right_id.';
