-- The joint photometric fit of a band, from packed detections to packed zero points and stars.
CREATE OR REPLACE FUNCTION calibration.solve_packed_photometry(
    star bytea, image bytea, flux bytea, flux_err bytea, u bytea, v bytea,
    detector bytea, reference_flux bytea, reference_flux_err bytea, held_out bytea, flats boolean
) RETURNS TABLE (
    zeroPoint bytea, zeroPointErr bytea, rms bytea, nStar bytea, component bytea, coefficients bytea,
    starFlux bytea, starFluxErr bytea, starNObs bytea, starScatter bytea, isVariable bytea,
    repeatability float8, noise float8, nHeldOut integer, nObs integer, iterations integer[]
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 1
AS $$
from skytract.udf.calibration.solve_packed_photometry import solve_packed_photometry
return solve_packed_photometry(star, image, flux, flux_err, u, v, detector, reference_flux, reference_flux_err, held_out, flats)
$$;

COMMENT ON FUNCTION calibration.solve_packed_photometry(
    bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, boolean
) IS
    'Joint fit of the zero points of a band: see calibration.solve_photometry, which returns arrays where this returns their images (sky.array_bytes).';
