-- What a spectrum has of each curve of a band's basis, and the part of the passband it does not cover.
CREATE OR REPLACE FUNCTION calibration.project_sed(
    sed bytea, standard bytea, support bytea, curves bytea, OUT g float8[], OUT uncovered float8
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.passband_basis import project_sed
return project_sed(sed, standard, support, curves)
$$;

COMMENT ON FUNCTION calibration.project_sed(bytea, bytea, bytea, bytea) IS
    'Ten numbers g of a spectrum (calibration.sed) for a row of calibration.PassbandBasis: kappa = 1 / (1 + c1 g1 + ... + c10 g10) of every passband of that band. uncovered is the part of the integral where the spectrum is not known.';
