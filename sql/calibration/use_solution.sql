-- Names the photometric solution that an open release is calibrated with, and returns its id.
CREATE OR REPLACE FUNCTION calibration.use_solution(release_name text, solution_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chosen bigint;
BEGIN
    PERFORM meta.hold_release(release_name);
    SELECT s.solutionId INTO chosen FROM calibration.Solution AS s
    WHERE s.name = solution_name AND s.kind = 'photometry';
    IF chosen IS NULL THEN
        RAISE EXCEPTION 'there is no photometric solution %', quote_literal(solution_name)
            USING HINT = '`skytract calibrate photometry` makes one; SELECT name FROM calibration.Solution WHERE kind = ''photometry'' lists those there are.';
    END IF;
    UPDATE meta.Release AS r SET solutionId = chosen WHERE r.release = release_name;
    RETURN chosen;
END
$$;

REVOKE ALL ON FUNCTION calibration.use_solution(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION calibration.use_solution(text, text) TO skytract_manager;
COMMENT ON FUNCTION calibration.use_solution(text, text) IS
    'Names the photometric solution that an open release is calibrated with; run the stages again after a change.';
