-- Id of a set of observed passbands by its name, the newest if no name is given.
CREATE OR REPLACE FUNCTION calibration.find_passband_set(passbands text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    found bigint;
BEGIN
    SELECT s.solutionId INTO found FROM calibration.Solution AS s
    WHERE s.kind = 'passband' AND s.name = coalesce(passbands, s.name)
    ORDER BY s.solutionId DESC LIMIT 1;
    IF found IS NULL THEN
        RAISE EXCEPTION 'there is no set of observed passbands%', coalesce(' ' || quote_literal(passbands), ' yet')
            USING HINT = 'SELECT name FROM calibration.Solution WHERE kind = ''passband'' lists those there are; `skytract sed passbands` makes one.';
    END IF;
    RETURN found;
END
$$;

COMMENT ON FUNCTION calibration.find_passband_set(text) IS
    'solutionId of a set of observed passbands by its name; the newest one for NULL; an error with the remedy if there is none.';
