-- Opens a load for its rows: until it is finished this transaction may bring rows of it, and of no other.
-- An entry that is open has rowCount 0 and state loading. No transaction ends so (meta.refuse_unfinished_load),
-- hence whoever sees an open entry has opened it.
CREATE OR REPLACE FUNCTION meta.open_load(load_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE meta.Load AS l SET rowCount = 0
    WHERE l.loadId = load_id AND l.state = 'loading' AND l.rowCount IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'load % is not about to be loaded', load_id
            USING HINT = 'Enter it with meta.begin_load; `skytract load` does all of it.';
    END IF;
    -- Only where meta.open_loads looks: what it finds there is asked of the ledger.
    PERFORM set_config('skytract.load_id', load_id::text, true);
END
$$;

REVOKE ALL ON FUNCTION meta.open_load(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.open_load(bigint) TO skytract_loader;
COMMENT ON FUNCTION meta.open_load(bigint) IS
    'Opens a load that meta.begin_load entered: this transaction may bring rows of it until meta.finish_load, without which it cannot commit.';
