-- The load whose rows the role may bring now, if it has one open; NULL for the owner, who may bring any.
-- It stands in the condition of triggers (sql/roles/ledger_triggers.sql). Declared IMMUTABLE it is a constant
-- there, computed when a statement brings its first row and never kept for the next one: a row costs a
-- comparison of integers. Elsewhere a plan may keep what it was: ask meta.Load instead.
CREATE OR REPLACE FUNCTION meta.open_loads() RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT CASE WHEN NOT pg_has_role('skytract_owner', 'USAGE') THEN ARRAY(
        SELECT l.loadId FROM meta.Load AS l
        WHERE l.loadId = nullif(current_setting('skytract.load_id', true), '')::bigint
            AND l.state = 'loading' AND l.rowCount IS NOT NULL)
    END;
END;

COMMENT ON FUNCTION meta.open_loads() IS
    'Part of the triggers that keep raw rows and the ledger in step: the load that meta.open_load opened in this transaction, or an empty array; NULL for the owner.';
