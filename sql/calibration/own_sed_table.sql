-- Name of the table my_<user>.Sed that the SED of a name belongs to; refuses other users' names.
CREATE OR REPLACE FUNCTION calibration.own_sed_table(name text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    own_schema text := 'my_' || current_user;
    named_schema text := substring(name FROM '^(my_[^.]*)\.');
BEGIN
    IF named_schema <> own_schema THEN
        RAISE EXCEPTION 'the SED % belongs to another user than %', quote_literal(name), quote_ident(current_user)
            USING HINT = 'Own SEDs are those of the schema ' || quote_ident(own_schema) || '; ask their owner for a table of it.';
    END IF;
    RETURN quote_ident(own_schema) || '.sed';
END
$$;

COMMENT ON FUNCTION calibration.own_sed_table(text) IS
    'my_<user>.sed, where the caller''s own SEDs are; an error if the name says my_<somebody else>.';
