-- Position, proper motion and parallax of many objects, with covariance and chi2, from their normal equations.
CREATE OR REPLACE FUNCTION association.solve_motion(sums float8[]) RETURNS float8[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000
AS $$
from skytract.udf.association.solve_motion import solve_motion
return solve_motion(sums)
$$;

COMMENT ON FUNCTION association.solve_motion(float8[]) IS
    'One row of 21 numbers per object (offset and proper motion east, offset and proper motion north, parallax; the upper triangle of their covariance, chi2; mas, yr) from one row of 21 sums each, as association.accumulate_motions makes them; NaN where the visits do not determine them.';
