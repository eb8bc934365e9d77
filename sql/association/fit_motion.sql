-- Proper motion [mas/yr] and parallax [mas] of one object from arrays of positions; one row, NULL where undetermined.
CREATE OR REPLACE FUNCTION association.fit_motion(
    mjd float8[], ra float8[], "dec" float8[], ra_err float8[], dec_err float8[], ra_dec_cov float8[],
    object_ra float8, object_dec float8,
    OUT pmRa float8, OUT pmRaErr float8, OUT pmDec float8, OUT pmDecErr float8,
    OUT parallax float8, OUT parallaxErr float8,
    OUT pmRa_pmDec_Cov float8, OUT pmRa_parallax_Cov float8, OUT pmDec_parallax_Cov float8,
    OUT pmParallaxChi2 float8, OUT pmParallaxNdata integer
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000
AS $$
from skytract.udf.association.fit_motion import fit_motion
return fit_motion(mjd, ra, dec, ra_err, dec_err, ra_dec_cov, object_ra, object_dec)
$$;

COMMENT ON FUNCTION association.fit_motion(
    float8[], float8[], float8[], float8[], float8[], float8[], float8, float8
) IS
    'Proper motion [mas/yr] and parallax [mas] of one object, with errors, covariances and chi2, from times [MJD TAI], positions, errors and covariances [deg, deg^2], as association.fit_motions finds them; NULL where the visits do not determine them.';
