-- A name that no temporary table or view of this session has: the one that is wished, or with a number behind.
CREATE OR REPLACE FUNCTION sky.unused_name(wished text) RETURNS name
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN (
    SELECT n.name
    FROM (SELECT k, wished || coalesce(nullif('_' || k, '_0'), '') AS name FROM generate_series(0, 999) AS k) AS n
    WHERE to_regclass('pg_temp.' || quote_ident(n.name)) IS NULL
    ORDER BY n.k
    LIMIT 1
);

COMMENT ON FUNCTION sky.unused_name(text) IS
    'A name that no temporary table or view of this session has: the one given, or with a number behind it.';
