-- Makes a partition keep its arrays of reals (light-curve features) out of line, where scans of other columns do not meet them.
-- A full row of Object is 1.2 kB without them and 2.7 kB with them (bench/lc_storage.py). Nobody
-- asks for their most common elements, so ANALYZE leaves them out.
CREATE OR REPLACE FUNCTION meta.store_features_apart(child regclass) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    actions text;
BEGIN
    SELECT
        string_agg(format(
            'ALTER COLUMN %1$I SET STORAGE EXTERNAL, ALTER COLUMN %1$I SET STATISTICS 0', a.attname), ', ')
    INTO actions
    FROM pg_attribute AS a
    WHERE a.attrelid = child AND a.atttypid = 'real[]'::regtype AND NOT a.attisdropped;
    IF actions IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %s %s, SET (toast_tuple_target = 128)', child, actions);
    END IF;
END
$$;

COMMENT ON FUNCTION meta.store_features_apart(regclass) IS
    'Makes a partition keep its arrays of reals (light-curve features) out of line.';
