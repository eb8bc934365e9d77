-- One row per band: how well detections of the same star agree, by the WCS as loaded and by a joint solution.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.astrometric_repeatability(solution text DEFAULT NULL)
RETURNS TABLE (band text, nStar integer, beforeMas float8, afterMas float8, noiseMas float8)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 6
AS $$
SELECT r.band, r."nStar", r."beforeMas", r."afterMas", r."noiseMas"
FROM calibration.Solution AS s
CROSS JOIN LATERAL jsonb_to_recordset(nullif(s.parameters::jsonb -> 'repeatability', 'null'))
    AS r (band text, "nStar" integer, "beforeMas" float8, "afterMas" float8, "noiseMas" float8)
WHERE s.solutionId = calibration.find_solution('astrometry', solution)
$$;

COMMENT ON FUNCTION calibration.astrometric_repeatability(text) IS
    'One row per band: medians over the stars that were held out of a joint astrometric solution (its name; NULL: the newest) of their scatter per axis [mas], by the WCS as loaded and by the solution, proper motions taken out, and of the errors of their detections. No rows if none was held out, or seen twice.';
