-- Returns the solution an open release is calibrated with; raises a full sentence if it has none or is published.
CREATE OR REPLACE FUNCTION calibration.require_solution(release_name text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    found bigint;
BEGIN
    PERFORM meta.require_open_release(release_name);
    SELECT r.solutionId INTO found FROM meta.Release AS r WHERE r.release = release_name;
    IF found IS NULL THEN
        RAISE EXCEPTION 'release % has no photometric solution yet', release_name
            USING HINT = 'Name one with SELECT calibration.use_solution(release, solution).';
    END IF;
    RETURN found;
END
$$;

COMMENT ON FUNCTION calibration.require_solution(text) IS
    'The solutionId an open release is calibrated with; an error with the remedy if it has none or is published.';
