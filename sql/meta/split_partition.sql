-- Splits a cell of a schema's tables into its four children while queries go on; run by the owner.
-- requires: prepare_split copy_split swap_split lock_tables partitioned_tables require_unpublished
-- First transaction: empty tables. They are made before, so that their rows are in the log when the
-- second one commits; tables made and filled in one transaction are flushed by the commit itself,
-- under its locks. Second transaction: writers to these tables wait while the rows are copied
-- (SHARE ROW EXCLUSIVE), readers only from the exchange to the commit, some milliseconds.
-- Killed at any time it leaves the old partition, and empty tables that the next attempt drops.
CREATE OR REPLACE PROCEDURE meta.split_partition(
    tessellation_name text,
    cell_order integer,
    cell_pixel bigint,
    patience interval DEFAULT '60 s',
    INOUT moved_rows bigint DEFAULT NULL,
    INOUT swap_seconds double precision DEFAULT NULL
)
LANGUAGE plpgsql
AS $$
DECLARE
    used regclass[];
    swap_start timestamptz;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('meta.split_partition'), hashtext(tessellation_name)) THEN
        RAISE EXCEPTION 'another split of % is running', tessellation_name
            USING HINT = 'Start this one when that one has ended.';
    END IF;
    PERFORM meta.prepare_split(tessellation_name, cell_order, cell_pixel);
    COMMIT;
    IF NOT pg_try_advisory_xact_lock(hashtext('meta.split_partition'), hashtext(tessellation_name)) THEN
        RAISE EXCEPTION 'another split of % is running', tessellation_name
            USING HINT = 'Start this one when that one has ended.';
    END IF;
    SELECT array_agg(r.relation) INTO used
    FROM meta.partitioned_tables(tessellation_name) AS t
    CROSS JOIN LATERAL (VALUES (t.relation), (to_regclass(format('%I.%I', tessellation_name,
        format('%s_p%s_%s', t.name, cell_order, cell_pixel))))) AS r (relation);
    PERFORM meta.lock_tables(used, 'SHARE ROW EXCLUSIVE', '0.5 s', patience);
    -- Publishing takes the same locks: it may have come between the two transactions.
    PERFORM meta.require_unpublished(tessellation_name);
    SELECT sum(meta.copy_split(t.relation, cell_order, cell_pixel)) INTO moved_rows
    FROM meta.partitioned_tables(tessellation_name) AS t;
    PERFORM meta.lock_tables(used, 'ACCESS EXCLUSIVE', '0.2 s', patience);
    swap_start := clock_timestamp();
    PERFORM meta.swap_split(tessellation_name, t.name, cell_order, cell_pixel)
    FROM meta.partitioned_tables(tessellation_name) AS t;
    DELETE FROM meta.Partition AS p
    WHERE p.tessellation = tessellation_name AND p.ord = cell_order AND p.pixel = cell_pixel;
    DELETE FROM meta.PartitionSplit AS p
    WHERE p.tessellation = tessellation_name AND p.ord = cell_order AND p.pixel = cell_pixel;
    INSERT INTO meta.Partition (tessellation, ord, pixel, lo, hi)
    SELECT tessellation_name, cell_order + 1, n,
        n << (2 * (28 - cell_order)), (n + 1) << (2 * (28 - cell_order))
    FROM generate_series(4 * cell_pixel, 4 * cell_pixel + 3) AS n;
    COMMIT;
    swap_seconds := extract(epoch FROM clock_timestamp() - swap_start);
END
$$;

COMMENT ON PROCEDURE meta.split_partition(
    text, integer, bigint, interval, bigint, double precision
) IS 'Splits a cell of all partitioned tables of a schema (raw, or an open release) into its four children. Writers wait while rows are copied, readers only for swap_seconds. Waits at most patience for the tables'' users.';
