-- Matches the sources on some detectors of a visit, all by one transform, to a reference catalog; one row.
-- requires: match_pattern_on_sky visit_positions
CREATE OR REPLACE FUNCTION association.match_visit(
    reference_catalog text, visit_id bigint, detectors integer[] DEFAULT NULL,
    max_shift_arcsec float8 DEFAULT 30, max_rotation_deg float8 DEFAULT 0.5, max_scale float8 DEFAULT 0.01,
    tolerance_arcsec float8 DEFAULT 1, max_chance float8 DEFAULT 1e-4
) RETURNS TABLE (
    nSource integer, nStar integer, tangentRa float8, tangentDec float8,
    matched boolean, nMatched integer, nChance float8, chanceProbability float8,
    radiusArcsec float8, rmsArcsec float8,
    shiftXi float8, shiftEta float8, rotation float8, scale float8,
    transform float8[], transformCov float8[], sourceId bigint[], refStarId bigint[]
)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
AS $$
#variable_conflict use_column
DECLARE
    exposure raw.Visit;
    sources record;
    stars record;
    radius float8;
BEGIN
    SELECT v.* INTO exposure FROM raw.Visit AS v WHERE v.visit = visit_id;
    IF exposure.visit IS NULL THEN
        RAISE EXCEPTION 'there is no visit %', visit_id USING HINT = 'raw.Visit lists those that are loaded.';
    END IF;
    IF NOT EXISTS (SELECT FROM raw.ReferenceStar AS r WHERE r.catalog = reference_catalog) THEN
        RAISE EXCEPTION 'no stars of a reference catalog % are loaded', quote_literal(reference_catalog)
            USING HINT = 'Load it with `skytract load`; SELECT DISTINCT catalog FROM raw.ReferenceStar lists those there are.';
    END IF;

    SELECT
        array_agg(p.sourceId) AS ids, array_agg(p.ra) AS ra, array_agg(p.dec) AS decl, array_agg(p.flux) AS flux,
        avg(cosd(p.dec) * cosd(p.ra)) AS x, avg(cosd(p.dec) * sind(p.ra)) AS y, avg(sind(p.dec)) AS z
    INTO sources
    -- Means of floating-point numbers depend on their order: this one is always the same.
    FROM (SELECT n.* FROM association.visit_positions(visit_id, detectors) AS n ORDER BY n.sourceId) AS p;
    tangentRa := CASE WHEN sources.y < 0 THEN 360 ELSE 0 END + atan2d(sources.y, sources.x);
    tangentDec := atan2d(sources.z, sqrt(sources.x ^ 2 + sources.y ^ 2));
    SELECT max(sky.separation(p.ra, p.decl, tangentRa, tangentDec)) INTO radius
    FROM unnest(sources.ra, sources.decl) AS p (ra, decl);
    -- A minute more: stars have moved since their epoch.
    radius := coalesce(radius * (1 + radians(max_rotation_deg) + max_scale) + max_shift_arcsec / 3600 + 1.0 / 60, 0);

    SELECT
        array_agg(r.refStarId) AS ids, array_agg(m.ra) AS ra, array_agg(m.dec) AS decl,
        array_agg(r.flux) AS flux
    INTO stars
    FROM (
        SELECT
            n.refStarId, n.ra, n.dec, n.pmRa, n.pmDec, n.epoch,
            calibration.reference_flux(n.*, exposure.band) AS flux
        FROM raw.ReferenceStar AS n
        WHERE n.catalog = reference_catalog
            AND sky.in_cone(n.hpx29, n.ra, n.dec, tangentRa, tangentDec, radius)
        ORDER BY n.refStarId
    ) AS r
    CROSS JOIN LATERAL sky.move_to_epoch(r.ra, r.dec, r.pmRa, r.pmDec, r.epoch, exposure.expMidptMJD) AS m;

    RETURN QUERY
    SELECT coalesce(cardinality(sources.ids), 0), coalesce(cardinality(stars.ids), 0), tangentRa, tangentDec, m.*
    FROM association.match_pattern_on_sky(
        coalesce(tangentRa, 0), coalesce(tangentDec, 0),
        coalesce(sources.ids, '{}'), coalesce(sources.ra, '{}'), coalesce(sources.decl, '{}'), sources.flux,
        coalesce(stars.ids, '{}'), coalesce(stars.ra, '{}'), coalesce(stars.decl, '{}'), stars.flux,
        max_shift_arcsec, max_rotation_deg, max_scale, tolerance_arcsec, max_chance
    ) AS m;
END
$$;

COMMENT ON FUNCTION association.match_visit(text, bigint, integer[], float8, float8, float8, float8, float8) IS
    'Matches the sources of a visit (on some detectors; NULL: all) by one transform to the stars of a reference catalog, moved to the time of the visit, as association.match_pattern_on_sky does about their middle (tangentRa, tangentDec) [deg]. sourceId and refStarId, beside each other, are the pairs.';
