-- Trigger that refuses, at commit, a transaction that opened a load and did not finish it.
CREATE OR REPLACE FUNCTION meta.refuse_unfinished_load() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM meta.Load AS l
        WHERE l.loadId = NEW.loadId AND l.state IN ('loading', 'refused')
    ) THEN
        RAISE EXCEPTION 'load % was opened and is not finished: its rows cannot be committed', NEW.loadId
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Finish it with meta.finish_load, or roll back; `skytract load` does all of it.';
    END IF;
    RETURN NULL;
END
$$;

-- Nobody may put it on a table of their own, whose types could bring functions that then ran as the owner.
REVOKE ALL ON FUNCTION meta.refuse_unfinished_load() FROM PUBLIC;
COMMENT ON FUNCTION meta.refuse_unfinished_load() IS
    'Trigger function: refuses to commit a load that was opened (meta.open_load) and not finished.';
