-- Set of passbands that the numbers of a solution of kind sed are for.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.seds_passbands(sed_solution_id bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT calibration.find_solution('passband', s.parameters::jsonb ->> 'passbands')
FROM calibration.Solution AS s
WHERE s.solutionId = sed_solution_id
$$;

COMMENT ON FUNCTION calibration.seds_passbands(bigint) IS
    'solutionId of the set of observed passbands that a solution of kind sed was made for; NULL for NULL.';
