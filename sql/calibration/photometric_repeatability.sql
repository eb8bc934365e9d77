-- How well bright stars that were held out of a joint photometric fit repeat, one row per band.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.photometric_repeatability(solution text DEFAULT NULL)
RETURNS TABLE (
    band text, repeatabilityMmag float8, noiseMmag float8, nStar integer, nObs integer, nComponents integer
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    r.key, (r.value ->> 'repeatabilityMmag')::float8, (r.value ->> 'noiseMmag')::float8,
    (r.value ->> 'nHeldOut')::integer, (r.value ->> 'nObs')::integer, (r.value ->> 'nComponents')::integer
FROM calibration.Solution AS s
CROSS JOIN LATERAL jsonb_each(s.parameters::jsonb -> 'report') AS r
WHERE s.solutionId = calibration.find_solution('photometry', photometric_repeatability.solution)
ORDER BY position(r.key IN 'ugrizy')
$$;

COMMENT ON FUNCTION calibration.photometric_repeatability(text) IS
    'A row per band of a joint photometric solution (NULL: the newest): standard deviation of the measurements of held-out stars of signal-to-noise ratio 100 about their means, what noise alone would give [mmag], numbers of stars, measurements and components. No rows for solutions that were not fitted jointly.';
