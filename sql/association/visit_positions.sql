-- One row per raw detection of a visit that votes in a match: its position by the WCS of its detector, else as loaded.
CREATE OR REPLACE FUNCTION association.visit_positions(visit_id bigint, detectors integer[])
RETURNS TABLE (sourceId bigint, ra float8, "dec" float8, flux float8)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT u.sourceId, u.ra, u.decl, u.flux
    FROM (
        SELECT
            s.visit, s.detector, s.x IS NOT NULL AND s.y IS NOT NULL AS hasPixels,
            array_agg(s.sourceId) AS ids, array_agg(s.psfInstFlux) AS flux,
            array_agg(s.x) AS x, array_agg(s.y) AS y, array_agg(s.ra) AS ra, array_agg(s.dec) AS decl,
            array_agg(NULL::float8) AS unknown
        FROM raw.Source AS s
        WHERE s.visit = visit_id
            AND (detectors IS NULL OR s.detector = ANY (detectors))
            AND s.detect_isPrimary IS NOT FALSE AND NOT s.centroid_flag
        GROUP BY s.visit, s.detector, s.x IS NOT NULL AND s.y IS NOT NULL
    ) AS g
    LEFT JOIN raw.VisitDetector AS v
        ON v.visit = g.visit AND v.detector = g.detector AND g.hasPixels
            AND v.crpix1 IS NOT NULL AND v.crval1 IS NOT NULL AND v.cd1_1 IS NOT NULL
    LEFT JOIN LATERAL calibration.pixel_to_sky(
        g.x, g.y, g.unknown, g.unknown, g.unknown,
        ARRAY[v.crpix1, v.crpix2], ARRAY[v.crval1, v.crval2], ARRAY[v.cd1_1, v.cd1_2, v.cd2_1, v.cd2_2],
        v.sipA, v.sipB
    ) AS p ON v.visit IS NOT NULL
    CROSS JOIN LATERAL unnest(g.ids, coalesce(p.ra, g.ra), coalesce(p.dec, g.decl), g.flux)
        AS u (sourceId, ra, decl, flux);
END
$$;

COMMENT ON FUNCTION association.visit_positions(bigint, integer[]) IS
    'One row per primary raw detection of a visit (on some detectors; NULL: all) with a good centroid: ICRS position [deg] by the WCS of its detector, or as loaded if it has none, and PSF flux [ct].';
