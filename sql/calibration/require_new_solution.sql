-- Raises a full sentence if a calibration solution of this name exists (solutions are never overwritten), or for no name.
CREATE OR REPLACE FUNCTION calibration.require_new_solution(solution_name text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF coalesce(btrim(solution_name), '') = '' THEN
        RAISE EXCEPTION 'a calibration solution has no name: %', coalesce(quote_literal(solution_name), 'NULL')
            USING HINT = 'Give it a name of your choice, which no other solution has.';
    END IF;
    IF EXISTS (SELECT FROM calibration.Solution AS s WHERE s.name = solution_name) THEN
        RAISE EXCEPTION 'a calibration solution % exists already, and solutions are never overwritten',
            quote_literal(solution_name)
            USING HINT = 'Choose another name; SELECT name, createdAt FROM calibration.Solution lists those there are.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_new_solution(text) IS
    'Raises a full sentence if a calibration solution of this name exists (solutions are never overwritten), or if the name is NULL or empty.';
