-- Puts the four tables of a split cell in the place of its partition, for one table.
CREATE OR REPLACE FUNCTION meta.swap_split(
    schema_name text,
    table_name text,
    cell_order integer,
    cell_pixel bigint
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    old text := format('%s_p%s_%s', table_name, cell_order, cell_pixel);
    child record;
BEGIN
    EXECUTE format('ALTER TABLE %1$I.%2$I DETACH PARTITION %1$I.%3$I', schema_name, table_name, old);
    EXECUTE format('DROP TABLE %I.%I', schema_name, old);
    FOR child IN
        SELECT format('%s_p%s_%s', table_name, cell_order + 1, n) AS name,
            n << (2 * (28 - cell_order)) AS lo, (n + 1) << (2 * (28 - cell_order)) AS hi
        FROM generate_series(4 * cell_pixel, 4 * cell_pixel + 3) AS n
    LOOP
        -- The constraint `bounds` implies the partition's, so the rows are not read again.
        EXECUTE format(
            'ALTER TABLE %1$I.%2$I ATTACH PARTITION %1$I.%3$I FOR VALUES FROM (%4$s) TO (%5$s)',
            schema_name, table_name, child.name, child.lo, child.hi);
        EXECUTE format('ALTER TABLE %I.%I DROP CONSTRAINT bounds', schema_name, child.name);
    END LOOP;
END
$$;

COMMENT ON FUNCTION meta.swap_split(text, text, integer, bigint) IS
    'Part of meta.split_partition: replaces the partition of a cell by its four children, without reading a row.';
