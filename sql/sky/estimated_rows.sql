-- How many rows the planner expects of a query; at least 1.
-- VOLATILE, for EXPLAIN is refused elsewhere.
CREATE OR REPLACE FUNCTION sky.estimated_rows(query text) RETURNS double precision
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN greatest(1.0, (plan -> 0 -> 'Plan' ->> 'Plan Rows')::double precision);
END
$$;

COMMENT ON FUNCTION sky.estimated_rows(text) IS
    'Number of rows the planner expects of a query, without running it.';
