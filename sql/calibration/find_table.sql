-- The table or view of a name, NULL if there is none, or if it is no name at all; refuses one that the caller may not read.
--
-- Not for parallel workers: what catches an error begins a transaction of its own.
CREATE OR REPLACE FUNCTION calibration.find_table(table_name text) RETURNS regclass
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
AS $$
DECLARE
    found regclass;
BEGIN
    BEGIN
        found := to_regclass(table_name);
        found := (SELECT c.oid::regclass FROM pg_class AS c WHERE c.oid = found AND c.relkind IN ('r', 'p', 'v', 'm', 'f'));
    EXCEPTION
        WHEN invalid_name OR syntax_error OR feature_not_supported OR name_too_long THEN
            found := NULL;
        WHEN insufficient_privilege THEN
            RAISE EXCEPTION 'the role % may not look into the schema of %', current_user, table_name
                USING ERRCODE = 'insufficient_privilege',
                HINT = format('Ask its owner for GRANT USAGE ON SCHEMA %s TO %I, or copy the table.', split_part(table_name, '.', 1), current_user);
    END;
    IF NOT has_any_column_privilege(found, 'SELECT') THEN
        RAISE EXCEPTION 'the role % may not read the table %', current_user, found
            USING ERRCODE = 'insufficient_privilege',
            HINT = format('Ask its owner for GRANT SELECT ON %s TO %I.', found, current_user);
    END IF;
    RETURN found;
END
$$;

COMMENT ON FUNCTION calibration.find_table(text) IS
    'The table or view of a name; NULL if there is none, or if the text is no name of a table. Raises a full sentence if the caller may not read it.';
