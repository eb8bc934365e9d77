-- All zero points of a band from packed columns of detections; see fit_joint_photometry.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: solve_packed_photometry
CREATE OR REPLACE FUNCTION calibration.solve_photometry(
    star bytea, image bytea, flux bytea, flux_err bytea, u bytea, v bytea,
    detector bytea, reference_flux bytea, reference_flux_err bytea, held_out bytea, flats boolean,
    OUT zeroPoint float8[], OUT zeroPointErr float8[], OUT rms float8[], OUT nStar integer[],
    OUT component integer[], OUT coefficients float8[],
    OUT starFlux float8[], OUT starFluxErr float8[], OUT starNObs integer[], OUT starScatter float8[],
    OUT isVariable boolean[],
    OUT repeatability float8, OUT noise float8, OUT nHeldOut integer, OUT nObs integer,
    OUT iterations integer[]
)
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000000
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    sky.bytes_array(p.zeroPoint, NULL::float8[]), sky.bytes_array(p.zeroPointErr, NULL::float8[]),
    sky.bytes_array(p.rms, NULL::float8[]), sky.bytes_array(p.nStar, NULL::integer[]),
    sky.bytes_array(p.component, NULL::integer[]), sky.bytes_array(p.coefficients, NULL::float8[]),
    sky.bytes_array(p.starFlux, NULL::float8[]), sky.bytes_array(p.starFluxErr, NULL::float8[]),
    sky.bytes_array(p.starNObs, NULL::integer[]), sky.bytes_array(p.starScatter, NULL::float8[]),
    sky.bytes_array(p.isVariable, NULL::boolean[]), p.repeatability, p.noise, p.nHeldOut, p.nObs, p.iterations
FROM calibration.solve_packed_photometry(
    star, image, flux, flux_err, u, v, detector, reference_flux, reference_flux_err, held_out, flats
) AS p;
END;

COMMENT ON FUNCTION calibration.solve_photometry(
    bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, boolean
) IS
    'Joint fit of the zero points of a band. Of each detection, as they are sent (int4send, float8send, float4send): its star, image (both from 0), counts x kappa, their error, place on the detector from -1 to 1 in x and y (without star flats, none). Of each image its detector, ascending; of each star its reference flux [nJy] and error (NaN: none), and whether it is held out, as images of arrays (sky.array_bytes). What is not known is NaN, and the component of an image without stars 0.';
