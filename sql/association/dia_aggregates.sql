-- Statistics of the difference and total fluxes of the light curves of many objects in one band: one array per column of DiaObject.
CREATE OR REPLACE FUNCTION association.dia_aggregates(
    object_id bigint[], mjd float8[], psf_flux float8[], psf_flux_err float8[],
    science_flux float8[], science_flux_err float8[],
    OUT diaObjectId bigint[], OUT psfFluxNdata integer[], OUT psfFluxMean float8[], OUT psfFluxMeanErr float8[],
    OUT psfFluxSigma float8[], OUT psfFluxErrMean float8[], OUT psfFluxChi2 float8[],
    OUT psfFluxMin float8[], OUT psfFluxMax float8[],
    OUT psfFluxPercentile05 float8[], OUT psfFluxPercentile25 float8[], OUT psfFluxPercentile50 float8[],
    OUT psfFluxPercentile75 float8[], OUT psfFluxPercentile95 float8[],
    OUT psfFluxMAD float8[], OUT psfFluxSkew float8[], OUT psfFluxMaxSlope float8[],
    OUT psfFluxLinearSlope float8[], OUT psfFluxLinearIntercept float8[], OUT psfFluxStetsonJ float8[],
    OUT scienceFluxMean float8[], OUT scienceFluxMeanErr float8[], OUT scienceFluxSigma float8[]
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.dia_aggregates import dia_aggregates
return dia_aggregates(object_id, mjd, psf_flux, psf_flux_err, science_flux, science_flux_err)
$$;

COMMENT ON FUNCTION association.dia_aggregates(bigint[], float8[], float8[], float8[], float8[], float8[]) IS
    'Statistics of light curves of objects in one band [MJD TAI, nJy], in order of the objects'' ids: inverse-variance mean, its error, scatter (n - 1), mean error, chi2, extremes, percentiles, MAD, skewness (G1), steepest rise [nJy/d], weighted straight line (intercept at MJD 0), Stetson J; mean, error and scatter of the total flux. NULL where undefined.';
