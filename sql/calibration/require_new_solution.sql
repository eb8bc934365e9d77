-- Raises a full sentence if a calibration solution of this name exists (solutions are never overwritten), or for no name.
--
-- The name is this transaction's from then on: a fit may take hours, and two of one name would both be made.
CREATE OR REPLACE FUNCTION calibration.require_new_solution(solution_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF coalesce(btrim(solution_name), '') = '' THEN
        RAISE EXCEPTION 'a calibration solution has no name: %', coalesce(quote_literal(solution_name), 'NULL')
            USING HINT = 'Give it a name of your choice, which no other solution has.';
    END IF;
    IF NOT has_table_privilege('calibration.Solution', 'INSERT') THEN
        RAISE EXCEPTION 'the role % may not write calibration solutions', current_user
            USING ERRCODE = 'insufficient_privilege',
            HINT = 'Make them as skytract_manager: `skytract calibrate`, or `skytract sql --role manager`.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('calibration.Solution ' || solution_name, 0)) THEN
        RAISE EXCEPTION 'another session is just making the calibration solution %', quote_literal(solution_name)
            USING HINT = 'Choose another name, or wait until that has ended.';
    END IF;
    IF EXISTS (SELECT FROM calibration.Solution AS s WHERE s.name = solution_name) THEN
        RAISE EXCEPTION 'a calibration solution % exists already, and solutions are never overwritten',
            quote_literal(solution_name)
            USING HINT = 'Choose another name; SELECT name, createdAt FROM calibration.Solution lists those there are.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_new_solution(text) IS
    'Raises a full sentence if a calibration solution of this name exists (solutions are never overwritten) or is being made, if the name is NULL or empty, or if the role may not write any.';
