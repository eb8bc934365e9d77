-- Copies the position rows of a view into a temporary table; returns the text of a query of them.
-- A table is left where it is: the planner knows it, and it is read twice faster than copied.
CREATE OR REPLACE FUNCTION sky.stage_rows(relation regclass, position_rows text, stage name) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = relation AND c.relkind IN ('r', 'p', 'm')) THEN
        RETURN position_rows;
    END IF;
    IF current_setting('transaction_read_only')::boolean THEN
        RAISE EXCEPTION 'matching copies the view % into a temporary table, which this transaction may not make', relation
            USING ERRCODE = 'read_only_sql_transaction',
                  HINT = 'Begin it with BEGIN READ WRITE, or match a table or a materialized view.';
    END IF;
    EXECUTE format('CREATE TEMPORARY TABLE %I ON COMMIT DROP AS %s', stage, position_rows);
    EXECUTE format('ANALYZE pg_temp.%I', stage);
    RETURN format('SELECT id, ra, "dec" FROM pg_temp.%I', stage);
END
$$;

COMMENT ON FUNCTION sky.stage_rows(regclass, text, name) IS
    'Copies what sky.position_rows reads from a view into a temporary table of a name, and returns the text of a query of that; for a table just the text.';
