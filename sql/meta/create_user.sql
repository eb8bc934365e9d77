-- Gives a scientist a role that reads releases, and the schema my_<user> to keep tables and functions in.
CREATE OR REPLACE FUNCTION meta.create_user(user_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own_schema text := 'my_' || user_name;
BEGIN
    -- public and none are words of GRANT and SET ROLE; postgres is a superuser of most servers.
    IF (user_name ~ '^[a-z][a-z0-9_]{0,39}$' AND user_name !~ '^(pg_|skytract|public$|none$|postgres$)') IS NOT TRUE THEN
        RAISE EXCEPTION '% is no name for a user', quote_nullable(user_name)
            USING HINT = 'Use up to 40 of a-z, 0-9 and _, beginning with a letter; not pg_, skytract, public or none.';
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE skytract_reader', user_name);
    EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', own_schema, user_name);
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', own_schema, 'Tables and functions of ' || user_name);
    -- Settings are not inherited from a group role, so each user gets the reader's.
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''10min''', user_name);
    EXECUTE format('ALTER ROLE %I SET temp_file_limit = ''20GB''', user_name);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''1h''', user_name);
    -- The own schema comes last: nothing planted there can stand in front of a released name.
    EXECUTE format('ALTER ROLE %I SET search_path = sky, public, %I', user_name, own_schema);
END
$$;

REVOKE ALL ON FUNCTION meta.create_user(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.create_user(text) TO skytract_manager;
COMMENT ON FUNCTION meta.create_user(text) IS
    'Gives a scientist a role that reads releases, and a schema my_<user> of their own.';
