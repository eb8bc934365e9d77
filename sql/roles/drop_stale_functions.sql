-- Drops the functions and views that were noted by note_functions.sql and that no file has replaced.
-- Without CASCADE: if a scientist's view needs one, the migration stops and says which.
DO $$
DECLARE
    stale_views text;
    stale_functions text;
BEGIN
    SELECT string_agg(c.oid::regclass::text, ', ') INTO stale_views
    FROM pg_temp.noted_view AS n
    JOIN pg_class AS c USING (oid)
    JOIN pg_rewrite AS r ON r.ev_class = c.oid AND r.ctid = n.place;
    SELECT string_agg(p.oid::regprocedure::text, ', ') INTO stale_functions
    FROM pg_temp.noted_function AS n
    JOIN pg_proc AS p ON p.oid = n.oid AND p.ctid = n.place;
    IF stale_views IS NOT NULL THEN
        EXECUTE 'DROP VIEW ' || stale_views;
    END IF;
    IF stale_functions IS NOT NULL THEN
        EXECUTE 'DROP ROUTINE ' || stale_functions;
    END IF;
END
$$;
DROP TABLE pg_temp.noted_function, pg_temp.noted_view;
