-- What a spectrum has of the curves of the bases of bands, and the parts of the passbands it does not cover.
CREATE OR REPLACE FUNCTION calibration.project_bands(
    sed bytea, standard bytea[], support bytea[], curves bytea[], OUT g float8[], OUT uncovered float8[]
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.passband_basis import project_bands
return project_bands(sed, standard, support, curves)
$$;

COMMENT ON FUNCTION calibration.project_bands(bytea, bytea[], bytea[], bytea[]) IS
    'Ten numbers g of a spectrum (calibration.sed) for each of some rows of calibration.PassbandBasis: kappa = 1 / (1 + c1 g1 + ... + c10 g10) of every passband of that band. uncovered are the parts of the integrals where the spectrum is not known.';
