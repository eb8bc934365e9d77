-- Raises a full sentence if a schema is that of a published release: its partitions stay as they are.
CREATE OR REPLACE FUNCTION meta.require_unpublished(schema_name text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM meta.Release AS r WHERE r.release = schema_name AND r.state = 'published'
    ) THEN
        RAISE EXCEPTION 'release % is published: its partitions stay as they are', schema_name
            USING HINT = 'Split the raw tables, and make the next release.';
    END IF;
END
$$;

COMMENT ON FUNCTION meta.require_unpublished(text) IS
    'Raises a full sentence if a schema is that of a published release; raw and open releases pass.';
