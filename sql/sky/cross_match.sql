-- One row per pair of rows of two tables that lie within a radius [arcsec] and belong together by the mode.
-- requires: match_query position_rows require_match stage_rows unused_name
-- The settings at the head are put back at the end. Once views have been read, which the planner may do
-- as it likes, rows are sorted by cell, for hashed all cells would be in memory at once, and pairs are not
-- compared in nested loops, whose number the planner does not foresee.
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
SET enable_nestloop = on SET enable_hashagg = on SET work_mem = '256MB' SET client_min_messages = warning
AS $$
DECLARE
    left_text text;
    right_text text;
    left_rows text;
    right_rows text;
    left_copy CONSTANT name := sky.unused_name('matched_left');
    right_copy CONSTANT name := sky.unused_name('matched_right');
BEGIN
    IF (mode IN ('nearest', 'all', 'mutual')) IS NOT TRUE THEN
        RAISE EXCEPTION 'there is no mode %', quote_nullable(mode)
            USING HINT = 'Modes are nearest (of each left row), all (pairs) and mutual (each is the nearest of the other).';
    END IF;
    PERFORM sky.require_match(radius_arcsec, epoch);
    left_text := sky.position_rows(left_table, left_columns, epoch);
    right_text := sky.position_rows(right_table, right_columns, epoch);
    left_rows := sky.stage_rows(left_table, left_text, left_copy);
    right_rows := sky.stage_rows(right_table, right_text, right_copy);
    PERFORM set_config('enable_nestloop', 'off', true), set_config('enable_hashagg', 'off', true);
    RETURN QUERY EXECUTE sky.match_query(left_rows, right_rows, radius_arcsec, mode);
    IF left_rows <> left_text THEN
        EXECUTE format('DROP TABLE pg_temp.%I', left_copy);
    END IF;
    IF right_rows <> right_text THEN
        EXECUTE format('DROP TABLE pg_temp.%I', right_copy);
    END IF;
END
$$;

COMMENT ON FUNCTION sky.cross_match(regclass, regclass, double precision, text, text[], text[], double precision) IS
    'Pairs of rows of two tables or views within a radius [arcsec]: mode nearest (of each left row), all, or mutual. Columns {id, ra, dec, pmRa, pmDec, epoch} are found or given in that order; with an epoch [MJD TAI] proper motions are applied. At equal separation the least id is the nearest.';
