-- Takes part in the loads that run, or waits until these have ended and lets no other begin.
CREATE OR REPLACE FUNCTION meta.join_loads(alone boolean) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT CASE WHEN alone
        THEN pg_advisory_xact_lock(hashtext('meta.Load'), hashtext('meta.join_loads'))
        ELSE pg_advisory_xact_lock_shared(hashtext('meta.Load'), hashtext('meta.join_loads'))
    END;
END;

REVOKE ALL ON FUNCTION meta.join_loads(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.join_loads(boolean) TO skytract_loader;
COMMENT ON FUNCTION meta.join_loads(boolean) IS
    'Takes part in the loads that run, until the end of the transaction; or waits until these have ended and lets no other begin: for a load that PostgreSQL let go because it and another waited for each other.';
