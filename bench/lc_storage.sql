-- Tables to measure where the light-curve features of an Object should lie. Wants the setting
-- bench.rows (number of objects). Every table has the same rows in 12 partitions, the base cells of
-- HEALPix; all columns are filled.
SET max_parallel_workers_per_gather = 0;
CREATE SCHEMA bench_lc;

-- Declared columns in order; arrays are the features.
CREATE VIEW bench_lc.columns AS
SELECT
    a.attname AS name,
    a.attnum AS ord,
    format_type(a.atttypid, a.atttypmod) AS type,
    a.atttypid = 'real[]'::regtype AS is_feature
FROM pg_attribute AS a
WHERE
    a.attrelid = 'release.object'::regclass
    AND a.attnum > 0
    AND NOT a.attisdropped;

-- Make bench_lc.<name> with 12 partitions, its features out of line (as in a release), in the row,
-- or none at all; features_only leaves the features and the key.
CREATE FUNCTION bench_lc.make(table_name text, features text, features_only boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    parent text := format('bench_lc.%I', table_name);
    child text;
    action text;
BEGIN
    EXECUTE format(
        'CREATE TABLE %s (%s, PRIMARY KEY (objectid)) PARTITION BY RANGE (objectid)',
        parent,
        (SELECT string_agg(format('%I %s', name, type), ', ' ORDER BY ord) FROM bench_lc.columns
         WHERE name = 'objectid' OR (is_feature AND features <> 'none')
            OR (NOT is_feature AND NOT features_only)));
    FOR cell IN 0..11 LOOP
        child := format('bench_lc.%I', table_name || '_' || cell);
        EXECUTE format(
            'CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%s) TO (%s)'
            || ' WITH (autovacuum_enabled = off)',
            child, parent, cell::bigint << 58, (cell + 1)::bigint << 58);
        IF features = 'out of line' THEN
            PERFORM meta.store_features_apart(child::regclass);
        ELSIF features = 'in the row' THEN
            SELECT string_agg(format('ALTER COLUMN %I SET STORAGE MAIN', name), ', ') INTO action
            FROM bench_lc.columns WHERE is_feature;
            EXECUTE format('ALTER TABLE %s %s, SET (toast_tuple_target = 8160)', child, action);
        END IF;
    END LOOP;
END
$$;

SELECT bench_lc.make('out_of_line', 'out of line', false);
SELECT bench_lc.make('in_row', 'in the row', false);
SELECT bench_lc.make('no_features', 'none', false);
SELECT bench_lc.make('side', 'in the row', true);

-- What users would query if the features lay in a table of their own.
DO $$
BEGIN
    EXECUTE format(
        'CREATE VIEW bench_lc.side_view AS SELECT o.*, %s FROM bench_lc.no_features AS o'
        || ' LEFT JOIN bench_lc.side AS f USING (objectid)',
        (SELECT string_agg(format('f.%I', name), ', ' ORDER BY ord)
         FROM bench_lc.columns WHERE is_feature));
END
$$;

-- Random values for all columns, spread over the sky; numbers do not compress, as real ones do not.
DO $$
BEGIN
    EXECUTE format(
        'CREATE UNLOGGED TABLE bench_lc.seed AS SELECT %s FROM generate_series(0, %s) AS g',
        (SELECT string_agg(format('%s AS %I', CASE
            WHEN name = 'objectid' THEN format('g * (%s)', (12::bigint << 58) / current_setting('bench.rows')::int)
            WHEN is_feature THEN format(
                '(SELECT array_agg((1000 * random())::real) FROM generate_series(1, %s) WHERE g >= 0)',
                CASE WHEN name LIKE '%%nonperiodic' THEN 20 ELSE 32 END)
            WHEN type = 'text' THEN '''r''::text'
            WHEN type = 'boolean' THEN 'random() < 0.05'
            ELSE format('(10000 * random())::%s', type) END, name), ', ' ORDER BY ord)
         FROM bench_lc.columns),
        current_setting('bench.rows')::int - 1);
END
$$;

-- Bytes per object of the pages that every scan of a table reads.
CREATE FUNCTION bench_lc.page_bytes(table_name text) RETURNS float8 LANGUAGE sql AS $$
SELECT sum(pg_relation_size(i.inhrelid)) / current_setting('bench.rows')::float8
FROM pg_inherits AS i
WHERE i.inhparent = format('bench_lc.%I', table_name)::regclass
$$;

-- Copy the rows into a table; returns how many.
CREATE FUNCTION bench_lc.fill(table_name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    list text;
    filled bigint;
BEGIN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO list
    FROM pg_attribute AS a
    WHERE a.attrelid = format('bench_lc.%I', table_name)::regclass AND a.attnum > 0;
    EXECUTE format('INSERT INTO bench_lc.%I (%s) SELECT %s FROM bench_lc.seed', table_name, list, list);
    GET DIAGNOSTICS filled = ROW_COUNT;
    RETURN filled;
END
$$;
