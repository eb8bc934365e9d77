-- Forced fluxes of objects, calibrated for sources of a named SED.
-- requires: light_curves sed_by_name
CREATE OR REPLACE FUNCTION calibration.light_curves(
    object_ids bigint[], sed text, solution text DEFAULT NULL, passbands text DEFAULT NULL,
    variable_sed text DEFAULT NULL
) RETURNS TABLE (
    objectId bigint, visit bigint, detector integer, band text, midpointMjdTai float8,
    psfFlux float8, psfFluxErr float8, psfFlux_flag boolean,
    psfDiffFlux float8, psfDiffFluxErr float8, psfDiffFlux_flag boolean
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
SELECT l.*
FROM calibration.light_curves(
    light_curves.object_ids, calibration.sed(light_curves.sed), light_curves.solution,
    light_curves.passbands, calibration.sed(coalesce(light_curves.variable_sed, light_curves.sed))
) AS l;
END;

COMMENT ON FUNCTION calibration.light_curves(bigint[], text, text, text, text) IS
    'Forced fluxes [nJy] of objects in the standard passbands, for the SED of this name: counts x zMean x kappa. Difference fluxes are calibrated for the SED variable_sed, if given. solution and passbands are names (NULL: the newest).';
