-- The spectra of a batch of objects from their fluxes, everything as images of arrays.
CREATE OR REPLACE FUNCTION calibration.infer_packed_seds(
    flux bytea, flux_err bytea, extent bytea, coefficient bytea, given bytea,
    template_id bytea, kind bytea, prior bytea, f_nu bytea, bands text, standards bytea, curves bytea
) RETURNS TABLE (
    method bytea, reference bytea, chi2 bytea, n_band bytea,
    template bytea, weight bytea, colour bytea, error bytea, g bytea
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 1
AS $$
from skytract.udf.calibration.infer_packed_seds import infer_packed_seds
return infer_packed_seds(flux, flux_err, extent, coefficient, given, template_id, kind, prior, f_nu, bands, standards, curves)
$$;

COMMENT ON FUNCTION calibration.infer_packed_seds(
    bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, text, bytea, bytea
) IS
    'What calibration.inferred_seds returns, as images of arrays.';
