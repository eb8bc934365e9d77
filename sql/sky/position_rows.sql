-- The text of a query of the ids and positions [deg] of a table, moved to an epoch [MJD TAI] if one is given.
-- requires: find_columns moved_dec moved_ra refuse_motion skip_position
CREATE OR REPLACE FUNCTION sky.position_rows(relation regclass, columns text[], epoch double precision)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    found CONSTANT name[] := sky.find_columns(relation, columns);
    moves CONSTANT boolean := epoch IS NOT NULL AND array_position(found, NULL) IS NULL;
    rows_text text;
BEGIN
    -- NULLIF: planners take it that hardly a row is NULL, but of comparisons that two thirds of the rows fail,
    -- and sky.match_query goes by the number of rows that is foreseen.
    rows_text := format(
        'SELECT t.%1$I::bigint AS id, t.%2$I::float8 AS ra, t.%3$I::float8 AS "dec"%4$s FROM %5$s AS t '
        'WHERE nullif(t.%1$I IS NOT NULL AND abs(t.%3$I::float8) <= 90 AND abs(t.%2$I::float8) < ''Infinity''%7$s '
        'OR sky.skip_position(%6$L, t.%1$I, t.%2$I::float8, t.%3$I::float8), false) IS NOT NULL',
        found[1], found[2], found[3],
        CASE WHEN moves THEN format(
            ', coalesce(nullif(t.%1$I::float8, ''NaN''), 0) AS pm_ra, '
            'coalesce(nullif(t.%2$I::float8, ''NaN''), 0) AS pm_dec, '
            'coalesce(nullif((%4$L - t.%3$I::float8) / 365.25, ''NaN''), 0) AS years',
            found[4], found[5], found[6], epoch) END,
        relation, relation::text,
        CASE WHEN moves THEN format(
            ' AND (''Infinity'' IN (abs(t.%2$I::float8), abs(t.%3$I::float8), abs(t.%4$I::float8)) IS NOT TRUE'
            ' OR sky.refuse_motion(%5$L, t.%1$I, t.%2$I::float8, t.%3$I::float8, t.%4$I::float8))',
            found[1], found[4], found[5], found[6], relation::text) END);
    -- OFFSET 0: a motion is computed once a row, not wherever it is used.
    RETURN CASE WHEN moves THEN format(
        'SELECT p.id, sky.moved_ra(p.ra, p."dec", p.pm_ra, p.pm_dec, p.years) AS ra, '
        'sky.moved_dec(p."dec", p.pm_ra, p.pm_dec, p.years) AS "dec" FROM (%s OFFSET 0) AS p OFFSET 0',
        rows_text) ELSE rows_text END;
END
$$;

COMMENT ON FUNCTION sky.position_rows(regclass, text[], double precision) IS
    'Text of a query of id, ra, dec [deg] of a table (columns as in sky.find_columns), with proper motions applied to an epoch [MJD TAI] if one is given and the table has pmRa, pmDec, epoch.';
