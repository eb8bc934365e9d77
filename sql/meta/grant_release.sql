-- Grants a new release: everybody reads, the manager's stages write; partitions through their table.
CREATE OR REPLACE FUNCTION meta.grant_release(release_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    relation regclass;
BEGIN
    EXECUTE format(
        'GRANT USAGE ON SCHEMA %I TO skytract_loader, skytract_manager, skytract_reader', release_name);
    FOR relation IN
        SELECT c.oid::regclass FROM pg_class AS c
        WHERE c.relnamespace = release_name::regnamespace
            AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
    LOOP
        EXECUTE format(
            'GRANT SELECT ON %s TO skytract_loader, skytract_manager, skytract_reader', relation);
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO skytract_manager', relation);
    END LOOP;
END
$$;

COMMENT ON FUNCTION meta.grant_release(text) IS
    'Grants a new release: everybody reads, the manager''s stages write.';
