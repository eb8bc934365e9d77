-- Rows that a partition of a raw table may hold before it is scheduled for a split: 5 million, or skytract.row_budget.
CREATE OR REPLACE FUNCTION meta.row_budget() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(current_setting('skytract.row_budget', true), ''), '5000000')::bigint;

COMMENT ON FUNCTION meta.row_budget() IS
    'Rows that a partition of a raw table may hold before it is scheduled for a split: 5 million, or what ALTER DATABASE ... SET skytract.row_budget = ... says.';
