-- Forced fluxes of objects, calibrated for sources of a spectrum.
-- requires: chromatic_factor find_solution refuse_visit sed sed_coefficients star_flat warn_visit
CREATE OR REPLACE FUNCTION calibration.light_curves(
    object_ids bigint[], sed bytea, solution text DEFAULT NULL, passbands text DEFAULT NULL,
    variable_sed bytea DEFAULT NULL
) RETURNS TABLE (
    objectId bigint, visit bigint, detector integer, band text, midpointMjdTai float8,
    psfFlux float8, psfFluxErr float8, psfFlux_flag boolean,
    psfDiffFlux float8, psfDiffFluxErr float8, psfDiffFlux_flag boolean
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000
-- Plans are made for these objects: of a thousand partitions none but theirs is opened. Joins are best as written,
-- and trying others takes as long as a tenth of the rest.
SET plan_cache_mode = force_custom_plan SET join_collapse_limit = 1
AS $$
#variable_conflict use_column
DECLARE
    solution_id bigint := calibration.find_solution('photometry', solution);
    set_id bigint := calibration.find_solution('passband', passbands);
    has_star_flat boolean := EXISTS (SELECT FROM calibration.StarFlat AS w WHERE w.solutionId = solution_id);
BEGIN
    RETURN QUERY
    SELECT
        k.objectId, k.visit, k.detector, k.band, v.expMidptMJD,
        k.psfInstFlux * k.factor, k.psfInstFluxErr * k.factor, k.psfInstFlux_flag,
        k.psfDiffInstFlux * coalesce(k.variable_factor, k.factor),
        k.psfDiffInstFluxErr * coalesce(k.variable_factor, k.factor), k.psfDiffInstFlux_flag
    FROM (
        SELECT
            f.objectId, f.visit, f.detector, c.band, f.psfInstFlux, f.psfInstFluxErr, f.psfInstFlux_flag,
            f.psfDiffInstFlux, f.psfDiffInstFluxErr, f.psfDiffInstFlux_flag,
            CASE
                WHEN c.band IS NULL THEN calibration.refuse_visit(f.visit, f.detector)
                ELSE coalesce(
                    z.zero_point * calibration.chromatic_factor(
                        c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
                        s.g1, s.g2, s.g3, s.g4, s.g5, s.g6, s.g7, s.g8, s.g9, s.g10
                    ),
                    calibration.warn_visit(f.visit, f.detector)
                )
            END AS factor,
            CASE WHEN variable_sed IS NOT NULL THEN z.zero_point * calibration.chromatic_factor(
                c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
                d.g1, d.g2, d.g3, d.g4, d.g5, d.g6, d.g7, d.g8, d.g9, d.g10
            ) END AS variable_factor
        FROM raw.ForcedSource AS f
        -- A light curve meets few of all passbands: OFFSET 0 makes each row find its own by index.
        LEFT JOIN LATERAL (
            SELECT c.* FROM calibration.PassbandCoefficient AS c
            WHERE c.solutionId = set_id AND c.visit = f.visit AND c.detector = f.detector
            OFFSET 0
        ) AS c ON true
        -- Zero points of a visit lie together: finding a thousand of them one by one would be a fifth of the time.
        LEFT JOIN calibration.VisitPhotoCalib AS p
            ON p.solutionId = solution_id AND p.visit = f.visit AND p.firstDetector = f.detector & -256
        LEFT JOIN (
            calibration.sed_coefficients(light_curves.sed, light_curves.passbands) AS s
            LEFT JOIN calibration.sed_coefficients(variable_sed, light_curves.passbands) AS d
                ON variable_sed IS NOT NULL AND d.band = s.band
        ) ON s.band = c.band
        LEFT JOIN calibration.StarFlat AS flat
            ON flat.solutionId = solution_id AND flat.band = c.band AND flat.detector = f.detector
        CROSS JOIN LATERAL (
            SELECT p.zMean[f.detector - p.firstDetector + 1] * CASE
                WHEN has_star_flat
                    THEN coalesce(calibration.star_flat(flat.coefficients, flat.nx, flat.ny, f.x, f.y), 1)
                ELSE 1
            END AS zero_point
        ) AS z
        WHERE f.objectId = ANY (light_curves.object_ids)
        -- Factors are computed once per row.
        OFFSET 0
    ) AS k
    JOIN raw.Visit AS v ON v.visit = k.visit;
    IF NOT FOUND THEN
        PERFORM calibration.sed_coefficients(light_curves.sed, light_curves.passbands);
        PERFORM calibration.sed_coefficients(variable_sed, light_curves.passbands) WHERE variable_sed IS NOT NULL;
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.light_curves(bigint[], bytea, text, text, bytea) IS
    'Forced fluxes [nJy] of objects in the standard passbands, for sources of this spectrum (calibration.sed): counts x zMean x kappa; NULL, and a warning, where the detector has no zero point. Difference fluxes are calibrated for variable_sed, if given. solution and passbands are names (NULL: the newest).';

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
