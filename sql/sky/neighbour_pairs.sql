-- One row per pair of rows of a table that lie within a radius [arcsec] of each other, left_id < right_id.
-- requires: match_query position_rows require_match stage_rows unused_name
-- The settings at the head are those of sky.cross_match.
CREATE OR REPLACE FUNCTION sky.neighbour_pairs(
    of_table regclass,
    radius_arcsec double precision,
    columns text[] DEFAULT NULL,
    epoch double precision DEFAULT NULL
) RETURNS TABLE (left_id bigint, right_id bigint, separationArcsec double precision)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100000
SET enable_nestloop = on SET enable_hashagg = on SET work_mem = '256MB' SET client_min_messages = warning
AS $$
DECLARE
    found_text text;
    rows_text text;
    copy_name CONSTANT name := sky.unused_name('matched_rows');
BEGIN
    PERFORM sky.require_match(radius_arcsec, epoch);
    found_text := sky.position_rows(of_table, columns, epoch);
    rows_text := sky.stage_rows(of_table, found_text, copy_name);
    PERFORM set_config('enable_nestloop', 'off', true), set_config('enable_hashagg', 'off', true);
    RETURN QUERY EXECUTE sky.match_query(rows_text, rows_text, radius_arcsec, 'pairs');
    IF rows_text <> found_text THEN
        EXECUTE format('DROP TABLE pg_temp.%I', copy_name);
    END IF;
END
$$;

COMMENT ON FUNCTION sky.neighbour_pairs(regclass, double precision, text[], double precision) IS
    'Pairs of rows of a table or view within a radius [arcsec] of each other, each pair once; columns and epoch as in sky.cross_match.';
