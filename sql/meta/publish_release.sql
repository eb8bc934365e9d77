-- Publishes a release: from now on nobody, not even the owner, can write to its tables.
-- requires: refuse_write
CREATE OR REPLACE FUNCTION meta.publish_release(release_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_state text;
    relation regclass;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('meta.Release'), hashtext(release_name)) THEN
        RAISE EXCEPTION 'release % is being processed', release_name
            USING HINT = 'Publish it when `skytract process` has ended.';
    END IF;
    SELECT r.state INTO found_state FROM meta.Release AS r
    WHERE r.release = publish_release.release_name FOR UPDATE;
    IF found_state IS NULL THEN
        RAISE EXCEPTION 'there is no release %', release_name
            USING HINT = 'List the releases with `skytract release list`.';
    ELSIF found_state = 'published' THEN
        RAISE EXCEPTION 'release % is published already', release_name
            USING HINT = 'A published release stays as it is; make a new one for changes.';
    END IF;
    FOR relation IN
        SELECT c.oid::regclass FROM pg_class AS c
        WHERE c.relnamespace = release_name::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format(
            'CREATE TRIGGER published BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION meta.refuse_write()', relation);
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM skytract_manager', relation);
    END LOOP;
    UPDATE meta.Release AS r SET state = 'published', publishedAt = now()
    WHERE r.release = publish_release.release_name;
END
$$;

REVOKE ALL ON FUNCTION meta.publish_release(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.publish_release(text) TO skytract_manager;
COMMENT ON FUNCTION meta.publish_release(text) IS
    'Publishes a release: from now on nobody can write to its tables.';
