-- Forced fluxes of objects, calibrated for sources of a spectrum.
-- requires: chromatic_factor find_solution refuse_visit sed sed_coefficients star_flat
CREATE OR REPLACE FUNCTION calibration.light_curves(
    object_ids bigint[], sed bytea, solution text DEFAULT NULL, passbands text DEFAULT NULL,
    variable_sed bytea DEFAULT NULL
) RETURNS TABLE (
    objectId bigint, visit bigint, detector integer, band text, midpointMjdTai float8,
    psfFlux float8, psfFluxErr float8, psfFlux_flag boolean,
    psfDiffFlux float8, psfDiffFluxErr float8, psfDiffFlux_flag boolean
)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
AS $$
SELECT
    k.objectId, k.visit, k.detector, k.band, v.expMidptMJD,
    k.psfInstFlux * k.factor, k.psfInstFluxErr * k.factor, k.psfInstFlux_flag,
    k.psfDiffInstFlux * k.variable_factor, k.psfDiffInstFluxErr * k.variable_factor, k.psfDiffInstFlux_flag
FROM (
    SELECT
        f.*, c.band,
        z.zero_point * coalesce(z.kappa, calibration.refuse_visit(f.visit, f.detector)) AS factor,
        z.zero_point * coalesce(z.variable_kappa, z.kappa) AS variable_factor
    FROM raw.ForcedSource AS f
    -- A light curve meets few of all passbands: OFFSET 0 makes each row find its own by index.
    LEFT JOIN LATERAL (
        SELECT c.*, p.zMean
        FROM calibration.PassbandCoefficient AS c
        LEFT JOIN calibration.PhotoCalib AS p ON p.visit = c.visit AND p.detector = c.detector
            AND p.solutionId = (SELECT calibration.find_solution('photometry', light_curves.solution))
        WHERE c.visit = f.visit AND c.detector = f.detector
            AND c.solutionId = (SELECT calibration.find_solution('passband', light_curves.passbands))
        OFFSET 0
    ) AS c ON true
    LEFT JOIN calibration.sed_coefficients(light_curves.sed, light_curves.passbands) AS s ON s.band = c.band
    LEFT JOIN (
        SELECT t.*
        FROM calibration.sed_coefficients(light_curves.variable_sed, light_curves.passbands) AS t
        WHERE light_curves.variable_sed IS NOT NULL
    ) AS d ON d.band = c.band
    LEFT JOIN calibration.StarFlat AS flat
        ON flat.solutionId = (SELECT calibration.find_solution('photometry', light_curves.solution))
        AND flat.band = c.band AND flat.detector = f.detector
    CROSS JOIN LATERAL (
        SELECT
            c.zMean * coalesce(calibration.star_flat(flat.coefficients, flat.nx, flat.ny, f.x, f.y), 1) AS zero_point,
            calibration.chromatic_factor(
                c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
                s.g1, s.g2, s.g3, s.g4, s.g5, s.g6, s.g7, s.g8, s.g9, s.g10
            ) AS kappa,
            calibration.chromatic_factor(
                c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
                d.g1, d.g2, d.g3, d.g4, d.g5, d.g6, d.g7, d.g8, d.g9, d.g10
            ) AS variable_kappa
    ) AS z
    WHERE f.objectId = ANY (light_curves.object_ids)
    -- Factors are computed once per row.
    OFFSET 0
) AS k
JOIN raw.Visit AS v USING (visit)
$$;

COMMENT ON FUNCTION calibration.light_curves(bigint[], bytea, text, text, bytea) IS
    'Forced fluxes [nJy] of objects in the standard passbands, for sources of this spectrum (calibration.sed): counts x zMean x kappa; NULL where the detector has no zero point. Difference fluxes are calibrated for variable_sed, if given. solution and passbands are names (NULL: the newest).';

CREATE OR REPLACE FUNCTION calibration.light_curves(
    object_ids bigint[], sed text, solution text DEFAULT NULL, passbands text DEFAULT NULL,
    variable_sed text DEFAULT NULL
) RETURNS TABLE (
    objectId bigint, visit bigint, detector integer, band text, midpointMjdTai float8,
    psfFlux float8, psfFluxErr float8, psfFlux_flag boolean,
    psfDiffFlux float8, psfDiffFluxErr float8, psfDiffFlux_flag boolean
)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
AS $$
SELECT l.*
FROM calibration.light_curves(
    light_curves.object_ids, calibration.sed(light_curves.sed), light_curves.solution,
    light_curves.passbands,
    CASE WHEN light_curves.variable_sed IS NOT NULL THEN calibration.sed(light_curves.variable_sed) END
) AS l
$$;

COMMENT ON FUNCTION calibration.light_curves(bigint[], text, text, text, text) IS
    'Forced fluxes [nJy] of objects in the standard passbands, for the SED of this name: counts x zMean x kappa. Difference fluxes are calibrated for the SED variable_sed, if given. solution and passbands are names (NULL: the newest).';
