-- Makes the four empty tables, not yet partitions, that will replace each table's partition of a cell.
-- requires: partitioned_tables require_unpublished store_features_apart
CREATE OR REPLACE FUNCTION meta.prepare_split(
    tessellation_name text,
    cell_order integer,
    cell_pixel bigint
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    max_partitions CONSTANT bigint := 1000;
    cells bigint;
    parent record;
    child record;
BEGIN
    PERFORM meta.require_unpublished(tessellation_name);
    SELECT count(*) INTO cells FROM meta.Partition AS p WHERE p.tessellation = tessellation_name;
    IF cells = 0 THEN
        RAISE EXCEPTION 'there is no tessellation %', tessellation_name
            USING HINT = 'It has the name of its schema, raw or a release: see `skytract partition list`.';
    ELSIF cells + 3 > max_partitions THEN
        RAISE EXCEPTION '% has % cells: a split would exceed %', tessellation_name, cells, max_partitions
            USING HINT = 'More partitions slow down every query; raise the row budget instead.';
    ELSIF NOT cell_order BETWEEN 0 AND 28 THEN
        RAISE EXCEPTION 'a cell of order % cannot be split', cell_order
            USING HINT = 'The order of a cell that can be split lies in 0 to 28.';
    ELSIF NOT EXISTS (
        SELECT FROM meta.Partition AS p
        WHERE p.tessellation = tessellation_name AND p.ord = cell_order AND p.pixel = cell_pixel
    ) THEN
        IF EXISTS (
            SELECT FROM meta.Partition AS p
            WHERE p.tessellation = tessellation_name AND p.ord > cell_order
                AND p.pixel >> (2 * (p.ord - cell_order)) = cell_pixel
        ) THEN
            RAISE EXCEPTION 'cell %/% of % is split already', cell_order, cell_pixel, tessellation_name
                USING HINT = 'Split its children: see `skytract partition list`.';
        END IF;
        RAISE EXCEPTION '% has no cell %/%', tessellation_name, cell_order, cell_pixel
            USING HINT = 'See `skytract partition list`.';
    END IF;
    FOR parent IN SELECT * FROM meta.partitioned_tables(tessellation_name) LOOP
        FOR child IN
            SELECT format('%s_p%s_%s', parent.name, cell_order + 1, n) AS name,
                n << (2 * (28 - cell_order)) AS lo, (n + 1) << (2 * (28 - cell_order)) AS hi
            FROM generate_series(4 * cell_pixel, 4 * cell_pixel + 3) AS n
        LOOP
            -- What a split that was killed has left.
            EXECUTE format('DROP TABLE IF EXISTS %I.%I', tessellation_name, child.name);
            EXECUTE format(
                'CREATE TABLE %1$I.%2$I (LIKE %1$I.%3$I INCLUDING ALL EXCLUDING COMMENTS,'
                ' CONSTRAINT bounds CHECK (%4$I >= %5$s AND %4$I < %6$s))',
                tessellation_name, child.name, parent.name, parent.key, child.lo, child.hi);
            PERFORM meta.store_features_apart(
                format('%I.%I', tessellation_name, child.name)::regclass);
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION meta.prepare_split(text, integer, bigint) IS
    'First half of meta.split_partition: checks, and makes the four empty tables per partitioned table.';
