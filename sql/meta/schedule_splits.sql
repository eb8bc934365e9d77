-- Notes in meta.PartitionSplit which raw cells hold more rows than the budget in any table; how many do.
-- requires: partition_size row_budget
CREATE OR REPLACE FUNCTION meta.schedule_splits(load_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    waiting bigint;
BEGIN
    -- One at a time: several would wait for each other's rows.
    PERFORM pg_advisory_xact_lock(hashtext('meta.schedule_splits'), hashtext('raw'));
    WITH due AS MATERIALIZED (
        SELECT s.tessellation, s.ord, s.pixel, max(s.estimated_rows) AS row_count
        FROM meta.partition_size AS s
        WHERE s.tessellation = 'raw' AND s.ord < 29
        GROUP BY s.tessellation, s.ord, s.pixel
        HAVING max(s.estimated_rows) > meta.row_budget()
    ), over AS (
        DELETE FROM meta.PartitionSplit AS p
        WHERE p.tessellation = 'raw'
            AND NOT EXISTS (SELECT FROM due AS d WHERE d.ord = p.ord AND d.pixel = p.pixel)
    ), entered AS (
        INSERT INTO meta.PartitionSplit (tessellation, ord, pixel, rowCount, requestedAt, loadId)
        SELECT d.tessellation, d.ord, d.pixel, d.row_count, clock_timestamp(), load_id
        FROM due AS d
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) INTO waiting FROM due;
    RETURN waiting;
END
$$;

COMMENT ON FUNCTION meta.schedule_splits(bigint) IS
    'Notes in meta.PartitionSplit the raw cells that hold more rows than meta.row_budget() in any table, with the load after which that was found, and removes those that no longer do; how many there are. Sizes are estimated, nothing is counted.';
