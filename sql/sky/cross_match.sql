-- One row per pair of rows of two tables that lie within a radius [arcsec] and belong together by the mode.
-- requires: match_query position_rows require_match stage_rows
-- The settings at the head are put back at the end. Joins are by hash, whatever the planner expects of
-- cells, for which it has no statistics; views are read before that, as the planner likes.
CREATE OR REPLACE FUNCTION sky.cross_match(
    left_table regclass,
    right_table regclass,
    radius_arcsec double precision,
    mode text DEFAULT 'nearest',
    left_columns text[] DEFAULT NULL,
    right_columns text[] DEFAULT NULL,
    epoch double precision DEFAULT NULL
) RETURNS TABLE (left_id bigint, right_id bigint, separationArcsec double precision)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100000
SET enable_nestloop = on SET enable_mergejoin = on SET work_mem = '256MB' SET client_min_messages = warning
AS $$
DECLARE
    left_rows text;
    right_rows text;
    pairs text;
BEGIN
    IF (mode IN ('nearest', 'all', 'mutual')) IS NOT TRUE THEN
        RAISE EXCEPTION 'there is no mode %', quote_nullable(mode)
            USING HINT = 'Modes are nearest (of each left row), all (pairs) and mutual (each is the nearest of the other).';
    END IF;
    PERFORM sky.require_match(radius_arcsec, epoch);
    left_rows := sky.stage_rows(left_table, sky.position_rows(left_table, left_columns, epoch), 'matched_left');
    right_rows := sky.stage_rows(right_table, sky.position_rows(right_table, right_columns, epoch), 'matched_right');
    PERFORM set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true);
    pairs := sky.match_query(left_rows, right_rows, radius_arcsec, mode);
    RETURN QUERY EXECUTE CASE mode
        WHEN 'all' THEN pairs
        WHEN 'nearest' THEN format(
            'SELECT DISTINCT ON (p.left_id) p.* FROM (%s) AS p ORDER BY p.left_id, p.separation, p.right_id', pairs)
        ELSE format(
            'WITH p AS MATERIALIZED (%s) SELECT l.* FROM '
            '(SELECT DISTINCT ON (p.left_id) p.* FROM p ORDER BY p.left_id, p.separation, p.right_id) AS l JOIN '
            '(SELECT DISTINCT ON (p.right_id) p.left_id, p.right_id FROM p ORDER BY p.right_id, p.separation, p.left_id) AS r '
            'USING (left_id, right_id)', pairs)
    END;
    DROP TABLE IF EXISTS pg_temp.matched_left, pg_temp.matched_right;
END
$$;

COMMENT ON FUNCTION sky.cross_match(regclass, regclass, double precision, text, text[], text[], double precision) IS
    'Pairs of rows of two tables or views within a radius [arcsec]: mode nearest (of each left row), all, or mutual. Columns {id, ra, dec, pmRa, pmDec, epoch} are found or given in that order; with an epoch [MJD TAI] proper motions are applied. At equal separation the least id is the nearest.';
