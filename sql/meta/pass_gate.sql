-- Waits until no other load is about to commit; loads and undos pass here one at a time.
CREATE OR REPLACE FUNCTION meta.pass_gate() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT pg_advisory_xact_lock(hashtext('meta.Load'), hashtext('meta.pass_gate'));
END;

REVOKE ALL ON FUNCTION meta.pass_gate() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.pass_gate() TO skytract_loader;
COMMENT ON FUNCTION meta.pass_gate() IS
    'Waits until no other load is about to commit. Held until the end of the transaction: it is the last thing that is waited for, and only look-ups follow it.';
