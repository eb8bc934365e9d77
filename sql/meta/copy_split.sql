-- Copies the rows of one partition into the four tables that will replace it; how many rows.
-- requires: partitioned_tables
CREATE OR REPLACE FUNCTION meta.copy_split(
    relation regclass,
    cell_order integer,
    cell_pixel bigint
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    parent record;
    column_list text;
    child text;
    copied bigint;
    total bigint := 0;
    expected bigint;
BEGIN
    SELECT n.nspname AS schema, t.name, t.key INTO parent
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL meta.partitioned_tables(n.nspname) AS t
    WHERE c.oid = copy_split.relation AND t.relation = c.oid;
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO column_list
    FROM pg_attribute AS a
    WHERE a.attrelid = copy_split.relation
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
    FOR quarter IN 0 .. 3 LOOP
        child := format('%s_p%s_%s', parent.name, cell_order + 1, 4 * cell_pixel + quarter);
        EXECUTE format(
            'INSERT INTO %1$I.%2$I (%3$s) SELECT %3$s FROM %1$I.%4$I'
            ' WHERE %5$I >= $1 AND %5$I < $2 ORDER BY %5$I',
            parent.schema, child, column_list,
            format('%s_p%s_%s', parent.name, cell_order, cell_pixel), parent.key)
        USING (4 * cell_pixel + quarter) << (2 * (28 - cell_order)),
            (4 * cell_pixel + quarter + 1) << (2 * (28 - cell_order));
        GET DIAGNOSTICS copied = ROW_COUNT;
        total := total + copied;
        EXECUTE format('ANALYZE %I.%I', parent.schema, child);
    END LOOP;
    EXECUTE format('SELECT count(*) FROM %I.%I', parent.schema,
        format('%s_p%s_%s', parent.name, cell_order, cell_pixel)) INTO expected;
    IF total <> expected THEN
        RAISE EXCEPTION 'the four children of %/% of % hold % rows, the cell held %',
            cell_order, cell_pixel, copy_split.relation, total, expected;
    END IF;
    RETURN total;
END
$$;

COMMENT ON FUNCTION meta.copy_split(regclass, integer, bigint) IS
    'Part of meta.split_partition: copies the rows of a table''s partition, in the order of its key, into the four tables that will replace it; how many.';
