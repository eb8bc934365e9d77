-- The four roles of skytract. Roles belong to the cluster, not to a database: made once, kept.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skytract_owner') THEN
        CREATE ROLE skytract_owner SUPERUSER NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skytract_loader') THEN
        CREATE ROLE skytract_loader LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skytract_manager') THEN
        CREATE ROLE skytract_manager LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skytract_reader') THEN
        CREATE ROLE skytract_reader LOGIN;
    END IF;
END
$$;

COMMENT ON ROLE skytract_owner IS
    'Owns all objects and runs migrations; the only role that can create PL/Python functions.';
COMMENT ON ROLE skytract_loader IS 'Writes raw rows and the ledger of loads.';
COMMENT ON ROLE skytract_manager IS 'Runs stages over open releases and publishes them.';
COMMENT ON ROLE skytract_reader IS
    'Reads releases, runs functions; scientists are members with a schema of their own.';

-- Whoever may act as a role may change its settings, for all who share it: migrate mends them.
ALTER ROLE skytract_reader RESET ALL;
-- A query that forgot its WHERE ends by itself; a session may ask for more time with SET.
ALTER ROLE skytract_reader SET statement_timeout = '10min';
-- Only the owner can raise this one: a sort that spills may not fill the disk.
ALTER ROLE skytract_reader SET temp_file_limit = '20GB';
-- A transaction left open would hold up partition splits and migrations.
ALTER ROLE skytract_reader SET idle_in_transaction_session_timeout = '1h';
