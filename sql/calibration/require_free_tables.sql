-- Raises a full sentence if this session has temporary tables of names that a function needs for its own.
CREATE OR REPLACE FUNCTION calibration.require_free_tables(table_names text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
AS $$
DECLARE
    taken text;
BEGIN
    SELECT string_agg(n.name, ', ' ORDER BY n.name) INTO taken
    FROM unnest(table_names) AS n (name)
    WHERE to_regclass('pg_temp.' || quote_ident(n.name)) IS NOT NULL;
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION 'this session has temporary tables of names that are needed here: %', taken
            USING HINT = 'Rename yours (ALTER TABLE pg_temp.NAME RENAME TO ...), or drop them, or use another session.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_free_tables(text[]) IS
    'Raises a full sentence if this session has temporary tables of some names: working tables of a fit would clash with them.';
