-- Grants a new release: everybody reads, the manager's stages write.
CREATE OR REPLACE FUNCTION meta.grant_release(release_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    EXECUTE format(
        'GRANT USAGE ON SCHEMA %I TO skytract_loader, skytract_manager, skytract_reader', release_name);
    EXECUTE format(
        'GRANT SELECT ON ALL TABLES IN SCHEMA %I TO skytract_loader, skytract_manager, skytract_reader',
        release_name);
    EXECUTE format(
        'GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO skytract_manager', release_name);
END
$$;

COMMENT ON FUNCTION meta.grant_release(text) IS
    'Grants a new release: everybody reads, the manager''s stages write.';
