-- Id of a photometric solution by its name, the newest if no name is given.
CREATE OR REPLACE FUNCTION calibration.find_photometry(solution text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    found bigint;
BEGIN
    SELECT s.solutionId INTO found FROM calibration.Solution AS s
    WHERE s.kind = 'photometry' AND s.name = coalesce(solution, s.name)
    ORDER BY s.solutionId DESC LIMIT 1;
    IF found IS NULL THEN
        RAISE EXCEPTION 'there is no photometric solution%', coalesce(' ' || quote_literal(solution), ' yet')
            USING HINT = 'SELECT name FROM calibration.Solution WHERE kind = ''photometry'' lists those there are; calibration.fit_photometry makes one.';
    END IF;
    RETURN found;
END
$$;

COMMENT ON FUNCTION calibration.find_photometry(text) IS
    'solutionId of a photometric solution by its name; the newest one for NULL; an error with the remedy if there is none.';
