-- What is recorded of an object's spectrum in a solution of kind sed.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.recorded_sed(object_id bigint, seds text DEFAULT NULL) RETURNS calibration.ObjectSed
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    solution_id bigint := calibration.find_solution('sed', seds);
    record calibration.ObjectSed;
BEGIN
    SELECT s.* INTO record FROM calibration.ObjectSed AS s
    WHERE s.solutionId = solution_id AND s.objectId = object_id;
    IF record.objectId IS NULL THEN
        RAISE EXCEPTION 'there is no SED of object %', coalesce(object_id::text, 'NULL')
            USING HINT = 'SELECT name FROM calibration.Solution WHERE kind = ''sed'' lists the solutions there are: seds => name.';
    END IF;
    RETURN record;
END
$$;

COMMENT ON FUNCTION calibration.recorded_sed(bigint, text) IS
    'The row of calibration.ObjectSed of an object in a solution of kind sed (name; NULL: the newest); an error with the remedy if it has none.';
