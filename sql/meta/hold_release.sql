-- Holds an open release until the end of the transaction, so that what it names can be changed; refuses otherwise.
-- requires: require_open_release
CREATE OR REPLACE FUNCTION meta.hold_release(release_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('meta.Release'), hashtext(release_name)) THEN
        RAISE EXCEPTION 'release % is being processed', release_name
            USING HINT = 'Choose its solutions when `skytract process` has ended, and run it again.';
    END IF;
    -- Somebody may be publishing it at this moment.
    PERFORM FROM meta.Release AS r WHERE r.release = release_name FOR UPDATE;
    PERFORM meta.require_open_release(release_name);
END
$$;

REVOKE ALL ON FUNCTION meta.hold_release(text) FROM PUBLIC;
COMMENT ON FUNCTION meta.hold_release(text) IS
    'Holds an open release until the end of the transaction, so that the solutions it names can be changed; refuses one that is published or being processed.';
