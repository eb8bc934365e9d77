-- Statistics of the difference and total fluxes of the light curves of many objects in one band: one array per column of DiaObject.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: dia_aggregates_packed
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
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    sky.bytes_array(a.diaObjectId, NULL::bigint[]),
    sky.bytes_array(a.psfFluxNdata, NULL::bigint[])::integer[],
    sky.bytes_array(a.psfFluxMean, NULL::float8[]),
    sky.bytes_array(a.psfFluxMeanErr, NULL::float8[]),
    sky.bytes_array(a.psfFluxSigma, NULL::float8[]),
    sky.bytes_array(a.psfFluxErrMean, NULL::float8[]),
    sky.bytes_array(a.psfFluxChi2, NULL::float8[]),
    sky.bytes_array(a.psfFluxMin, NULL::float8[]),
    sky.bytes_array(a.psfFluxMax, NULL::float8[]),
    sky.bytes_array(a.psfFluxPercentile05, NULL::float8[]),
    sky.bytes_array(a.psfFluxPercentile25, NULL::float8[]),
    sky.bytes_array(a.psfFluxPercentile50, NULL::float8[]),
    sky.bytes_array(a.psfFluxPercentile75, NULL::float8[]),
    sky.bytes_array(a.psfFluxPercentile95, NULL::float8[]),
    sky.bytes_array(a.psfFluxMAD, NULL::float8[]),
    sky.bytes_array(a.psfFluxSkew, NULL::float8[]),
    sky.bytes_array(a.psfFluxMaxSlope, NULL::float8[]),
    sky.bytes_array(a.psfFluxLinearSlope, NULL::float8[]),
    sky.bytes_array(a.psfFluxLinearIntercept, NULL::float8[]),
    sky.bytes_array(a.psfFluxStetsonJ, NULL::float8[]),
    sky.bytes_array(a.scienceFluxMean, NULL::float8[]),
    sky.bytes_array(a.scienceFluxMeanErr, NULL::float8[]),
    sky.bytes_array(a.scienceFluxSigma, NULL::float8[])
FROM association.dia_aggregates_packed(
    sky.array_bytes(object_id), sky.array_bytes(mjd), sky.array_bytes(psf_flux), sky.array_bytes(psf_flux_err),
    sky.array_bytes(science_flux), sky.array_bytes(science_flux_err)
) AS a;
END;

COMMENT ON FUNCTION association.dia_aggregates(bigint[], float8[], float8[], float8[], float8[], float8[]) IS
    'Statistics of light curves of objects in one band [MJD TAI, nJy], in order of the objects'' ids: inverse-variance mean, its error, scatter (n - 1), mean error, chi2, extremes, percentiles, MAD, skewness (G1), steepest rise [nJy/d], weighted straight line (intercept at MJD 0), Stetson J; mean, error and scatter of the total flux. NULL where undefined.';
