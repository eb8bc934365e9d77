-- What is recorded of an object's spectrum in a solution of kind sed: what rebuilds it.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.recorded_sed(
    object_id bigint, seds text DEFAULT NULL,
    OUT solutionId bigint, OUT method text, OUT templateId integer[], OUT weight real[],
    OUT referenceBand text, OUT colour real[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    SELECT s.solutionId, s.method, s.templateId, s.weight, s.referenceBand, s.colour
    INTO recorded_sed.solutionId, recorded_sed.method, recorded_sed.templateId, recorded_sed.weight,
        recorded_sed.referenceBand, recorded_sed.colour
    FROM calibration.ObjectSed AS s
    WHERE s.solutionId = calibration.find_solution('sed', seds) AND s.objectId = object_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no SED of object %', coalesce(object_id::text, 'NULL')
            USING HINT = 'SELECT name FROM calibration.Solution WHERE kind = ''sed'' lists the solutions there are: seds => name.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.recorded_sed(bigint, text) IS
    'What calibration.ObjectSed records of an object in a solution of kind sed (name; NULL: the newest) to rebuild its spectrum; an error with the remedy if it has nothing.';
