-- One row per cell of a tessellation and partitioned table: estimated rows, and bytes with indexes.
-- requires: partitioned_tables
CREATE OR REPLACE VIEW meta.partition_size AS
SELECT
    p.tessellation,
    t.name AS table_name,
    p.ord,
    p.pixel,
    p.lo,
    p.hi,
    CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS estimated_rows,
    pg_total_relation_size(c.oid) AS bytes
FROM (SELECT DISTINCT tessellation FROM meta.Partition) AS s
CROSS JOIN LATERAL meta.partitioned_tables(s.tessellation) AS t
JOIN meta.Partition AS p ON p.tessellation = s.tessellation
JOIN pg_class AS c ON c.oid = to_regclass(
    format('%I.%I', p.tessellation, format('%s_p%s_%s', t.name, p.ord, p.pixel)));

COMMENT ON VIEW meta.partition_size IS
    'Rows (estimated by ANALYZE, NULL before the first) and bytes of every partition.';
