-- The MOC of the sky that visits saw: all of their detectors that have a WCS.
-- requires: detector_outline polygon_moc
CREATE OR REPLACE FUNCTION sky.coverage_of_visits(visits bigint[] DEFAULT NULL, max_order integer DEFAULT 14)
RETURNS int8multirange
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    (
        SELECT range_agg(sky.polygon_moc(
            sky.detector_outline(
                v.nx, v.ny, ARRAY[v.crpix1, v.crpix2], ARRAY[v.crval1, v.crval2],
                ARRAY[v.cd1_1, v.cd1_2, v.cd2_1, v.cd2_2], v.sipA, v.sipB
            ),
            coverage_of_visits.max_order
        ))
        FROM raw.VisitDetector AS v
        WHERE (coverage_of_visits.visits IS NULL OR v.visit = ANY (coverage_of_visits.visits))
            AND v.crpix1 IS NOT NULL AND v.crval1 IS NOT NULL AND v.cd1_1 IS NOT NULL
    ),
    '{}'::int8multirange
);

COMMENT ON FUNCTION sky.coverage_of_visits(bigint[], integer) IS
    'MOC, with cells of at most max_order (14: 13 arcsec), of the detectors of visits (NULL: of all) by their load-time WCS.';
