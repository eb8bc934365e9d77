-- Name, with its schema and quoted, of a table that the caller is about to make; refuses what cannot be made.
--
-- Not for parallel workers: what catches an error begins a transaction of its own.
CREATE OR REPLACE FUNCTION calibration.new_own_table(new_table text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
AS $$
DECLARE
    own_schema text := 'my_' || current_user;
    parts text[];
BEGIN
    BEGIN
        parts := parse_ident(new_table);
    EXCEPTION WHEN invalid_parameter_value THEN
        parts := NULL;
    END;
    IF (cardinality(parts) <= 2) IS NOT TRUE THEN
        RAISE EXCEPTION '% is no name for a table', quote_nullable(new_table)
            USING HINT = 'Give a name, or a schema and a name, e.g. redone or ' || quote_ident(own_schema) || '.redone; other signs than letters, digits and _ need double quotes.';
    END IF;
    IF cardinality(parts) = 1 THEN
        parts := ARRAY[own_schema] || parts;
    END IF;
    IF to_regnamespace(quote_ident(parts[1])) IS NULL OR NOT has_schema_privilege(parts[1], 'CREATE') THEN
        RAISE EXCEPTION '% may not make tables in the schema %', quote_ident(current_user), quote_ident(parts[1])
            USING HINT = CASE WHEN to_regnamespace(quote_ident(own_schema)) IS NULL
                THEN 'Log in as a user of `skytract user add` (`skytract sql --user NAME`), and name a table of the schema my_NAME.'
                ELSE 'Name a table of the schema ' || quote_ident(own_schema) || '.' END;
    END IF;
    IF to_regclass(format('%I.%I', parts[1], parts[2])) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a table %.% already', quote_ident(parts[1]), quote_ident(parts[2])
            USING HINT = 'Choose another name, or drop that table first.';
    END IF;
    RETURN format('%I.%I', parts[1], parts[2]);
END
$$;

COMMENT ON FUNCTION calibration.new_own_table(text) IS
    'schema.table, quoted, for a table that the caller makes: in my_<user>, unless a schema is named; an error with the remedy if it is there already or may not be made.';
