-- One row per cell of a tessellation and partitioned table: estimated rows, and bytes with indexes.
-- requires: partitioned_tables
-- Rows are its pages, as they are now, times rows per page: those that ANALYZE found in it, else in the
-- table's other partitions, else the rows that the ledger has loaded over all pages of the table.
CREATE OR REPLACE VIEW meta.partition_size AS
SELECT
    s.tessellation,
    s.table_name,
    s.ord,
    s.pixel,
    s.lo,
    s.hi,
    CASE WHEN s.pages = 0 THEN 0 ELSE round(s.pages * coalesce(
        s.reltuples / nullif(s.relpages, 0),
        sum(s.reltuples) OVER same_table / nullif(sum(s.relpages) OVER same_table, 0),
        (SELECT sum(l.rowCount) FROM meta.Load AS l WHERE l.state = 'loaded' AND lower(l.kind) = s.table_name)
        / sum(s.pages) OVER same_table
    ))::bigint END AS estimated_rows,
    pg_total_relation_size(s.relation) AS bytes
FROM (
    SELECT
        p.tessellation, t.name AS table_name, p.ord, p.pixel, p.lo, p.hi, c.oid::regclass AS relation,
        pg_relation_size(c.oid) / current_setting('block_size')::float8 AS pages,
        -- Before the first ANALYZE PostgreSQL writes -1 rows on 0 pages.
        nullif(greatest(c.reltuples, 0), 0)::float8 AS reltuples,
        CASE WHEN c.reltuples > 0 THEN c.relpages END AS relpages
    FROM (SELECT DISTINCT tessellation FROM meta.Partition) AS s
    CROSS JOIN LATERAL meta.partitioned_tables(s.tessellation) AS t
    JOIN meta.Partition AS p ON p.tessellation = s.tessellation
    JOIN pg_class AS c ON c.oid = to_regclass(
        format('%I.%I', p.tessellation, format('%s_p%s_%s', t.name, p.ord, p.pixel)))
) AS s
WINDOW same_table AS (PARTITION BY s.tessellation, s.table_name);

COMMENT ON VIEW meta.partition_size IS
    'Rows (estimated from the present size; NULL where nothing tells how many fit on a page) and bytes of every partition.';
