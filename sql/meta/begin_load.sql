-- Enters the attempt to load a file (of a unit) in the ledger, or takes over an attempt that was killed; its loadId.
CREATE OR REPLACE FUNCTION meta.begin_load(
    content_hash text,
    file_path text,
    byte_count bigint,
    code_version text,
    host_name text,
    context_json text,
    unit_id bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH killed AS (
        UPDATE meta.Load AS l
        SET path = file_path, startedAt = clock_timestamp(), codeVersion = code_version,
            host = host_name, context = context_json, unitId = unit_id, error = NULL
        WHERE l.contentHash = content_hash AND l.state = 'loading'
        RETURNING l.loadId
    ), entered AS (
        INSERT INTO meta.Load
            (contentHash, path, state, byteCount, startedAt, codeVersion, host, context, unitId)
        SELECT content_hash, file_path, 'loading', byte_count, clock_timestamp(), code_version,
            host_name, context_json, unit_id
        WHERE NOT EXISTS (SELECT FROM killed)
        RETURNING loadId
    )
    SELECT loadId FROM killed UNION ALL SELECT loadId FROM entered;
END;

REVOKE ALL ON FUNCTION meta.begin_load(text, text, bigint, text, text, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION meta.begin_load(text, text, bigint, text, text, text, bigint) TO skytract_loader;
COMMENT ON FUNCTION meta.begin_load(text, text, bigint, text, text, text, bigint) IS
    'Enters the attempt to load a file (of a unit) in the ledger, or takes over an attempt that was killed; its loadId. The caller holds the advisory lock of the content.';
