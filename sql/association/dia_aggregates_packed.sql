-- What association.dia_aggregates returns, each column as the image of an array (sky.array_bytes), from images.
CREATE OR REPLACE FUNCTION association.dia_aggregates_packed(
    object_id bytea, mjd bytea, psf_flux bytea, psf_flux_err bytea,
    science_flux bytea, science_flux_err bytea,
    OUT diaObjectId bytea, OUT psfFluxNdata bytea, OUT psfFluxMean bytea, OUT psfFluxMeanErr bytea,
    OUT psfFluxSigma bytea, OUT psfFluxErrMean bytea, OUT psfFluxChi2 bytea,
    OUT psfFluxMin bytea, OUT psfFluxMax bytea,
    OUT psfFluxPercentile05 bytea, OUT psfFluxPercentile25 bytea, OUT psfFluxPercentile50 bytea,
    OUT psfFluxPercentile75 bytea, OUT psfFluxPercentile95 bytea,
    OUT psfFluxMAD bytea, OUT psfFluxSkew bytea, OUT psfFluxMaxSlope bytea,
    OUT psfFluxLinearSlope bytea, OUT psfFluxLinearIntercept bytea, OUT psfFluxStetsonJ bytea,
    OUT scienceFluxMean bytea, OUT scienceFluxMeanErr bytea, OUT scienceFluxSigma bytea
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.dia_aggregates_packed import dia_aggregates_packed
return dia_aggregates_packed(object_id, mjd, psf_flux, psf_flux_err, science_flux, science_flux_err)
$$;

COMMENT ON FUNCTION association.dia_aggregates_packed(bytea, bytea, bytea, bytea, bytea, bytea) IS
    'Images of the arrays that association.dia_aggregates returns, psfFluxNdata as bigint, from images of those it is given.';
