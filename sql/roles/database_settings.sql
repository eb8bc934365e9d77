-- Settings of this database for every session, and who may connect to it.
DO $$
BEGIN
    -- sky holds the operators that let booleans be compared with 0 and 1, as Rubin's queries do.
    EXECUTE format('ALTER DATABASE %I SET search_path = sky, public', current_database());
    EXECUTE format('ALTER DATABASE %I SET timezone = ''UTC''', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format(
        'GRANT CONNECT, TEMPORARY ON DATABASE %I TO skytract_loader, skytract_manager, skytract_reader',
        current_database()
    );
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- Large objects are the one thing that everybody may write in a database: here nobody makes any.
REVOKE EXECUTE ON FUNCTION
    pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea)
    FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS plpython3u;
CREATE EXTENSION IF NOT EXISTS q3c WITH SCHEMA public;
