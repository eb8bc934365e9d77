-- Id of a solution of a kind by its name, the newest of that kind if no name is given.
CREATE OR REPLACE FUNCTION calibration.find_solution(kind text, name text) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
-- A few rows are read: planning for each call anew would take longer than that.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    found bigint;
BEGIN
    SELECT s.solutionId INTO found FROM calibration.Solution AS s
    WHERE s.kind = find_solution.kind AND s.name = coalesce(find_solution.name, s.name)
    ORDER BY s.solutionId DESC LIMIT 1;
    IF found IS NULL THEN
        RAISE EXCEPTION 'there is no solution of kind % %', kind, coalesce('named ' || quote_literal(name), 'yet')
            USING HINT = format(
                'SELECT name FROM calibration.Solution WHERE kind = %L lists those there are; %s makes one.',
                kind, CASE kind
                    WHEN 'passband' THEN '`skytract sed passbands`'
                    WHEN 'template' THEN 'calibration.make_templates'
                    WHEN 'sed' THEN '`skytract calibrate seds`'
                    WHEN 'astrometry' THEN '`skytract calibrate astrometry`'
                    ELSE '`skytract calibrate photometry`'
                END
            );
    END IF;
    RETURN found;
END
$$;

COMMENT ON FUNCTION calibration.find_solution(text, text) IS
    'solutionId of a solution of a kind (photometry, astrometry, passband, template, sed) by its name; the newest one for NULL; an error with the remedy if there is none.';
