-- Factor kappa of a spectrum by integrals over an exact passband.
CREATE OR REPLACE FUNCTION calibration.exact_factor(
    sed bytea, transmission bytea, throughput bytea, standard bytea
) RETURNS float8
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.passband_basis import exact_factor
return exact_factor(sed, transmission, throughput, standard)
$$;

COMMENT ON FUNCTION calibration.exact_factor(bytea, bytea, bytea, bytea) IS
    'kappa of a spectrum by integrals at 1 nm over transmission x throughput against the standard passband: the audit of calibration.kappa, which works by coefficients.';
