-- Kappa of an object's recorded spectrum for every observed passband, and its error by the templates that have the object's colours.
--
-- With the weights w and the factors k of the templates, kappaErr^2 = sum of w (k - mean of k)^2.
-- requires: chromatic_factor object_templates recorded_sed seds_passbands
CREATE OR REPLACE FUNCTION calibration.object_kappa(object_id bigint, seds text DEFAULT NULL)
RETURNS TABLE (visit bigint, detector integer, band text, kappa float8, kappaErr float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100000
AS $$
SELECT
    c.visit, c.detector, c.band,
    coalesce(calibration.chromatic_factor(
        c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
        o.g1, o.g2, o.g3, o.g4, o.g5, o.g6, o.g7, o.g8, o.g9, o.g10
    ), 1),
    CASE WHEN e.mean IS NOT NULL THEN sqrt(greatest(e.square - e.mean ^ 2, 0)) END
FROM calibration.PassbandCoefficient AS c
CROSS JOIN calibration.recorded_sed(object_kappa.object_id, object_kappa.seds) AS r
LEFT JOIN calibration.ObjectChrom AS o ON o.solutionId = r.solutionId AND o.objectId = object_kappa.object_id AND o.band = c.band
CROSS JOIN LATERAL (
    SELECT sum(t.weight * k.off) AS mean, sum(t.weight * k.off ^ 2) AS square
    FROM unnest((
        SELECT array_agg(n) FROM calibration.object_templates(object_kappa.object_id, object_kappa.seds) AS n
    )) AS t (
        templateId integer, weight float8, band text,
        g1 float8, g2 float8, g3 float8, g4 float8, g5 float8,
        g6 float8, g7 float8, g8 float8, g9 float8, g10 float8
    )
    CROSS JOIN LATERAL (
        SELECT calibration.chromatic_factor(
            c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
            t.g1, t.g2, t.g3, t.g4, t.g5, t.g6, t.g7, t.g8, t.g9, t.g10
        ) - 1 AS off
    ) AS k
    WHERE t.band = c.band
) AS e
WHERE c.solutionId = calibration.seds_passbands(r.solutionId)
$$;

COMMENT ON FUNCTION calibration.object_kappa(bigint, text) IS
    'A row per visit and detector of the factor kappa that the flux of an object was multiplied by, for the spectrum that a solution of kind sed (name; NULL: the newest) records, and of its 1-sigma error: the spread of the factors of the templates that have the object''s colours. It is NULL where no templates are known (methods flat and spline), 0 where one was stated. It is common to all rows of the object, so it is not random from visit to visit.';
