-- Matches the raw DiaSources of a visit to DiaObjects and moving objects (LDM-151 8.24.5), and returns their number.
--
-- Candidates are the DiaObjects whose mean position, and the predicted positions of the visit that, lie
-- within the radius; association.match_dia_sources decides, what remains founds DiaObjects. The rows are
-- written to the release's DiaSource, and the DiaObjects that changed are computed anew. Visits come
-- in order of time: one that is late is refused where a later one saw an object nearby. A visit
-- given again takes the place of itself.
-- requires: begin_dia_objects calibrate_dia_sources dia_cell_order end_dia_objects fetch_dia_members find_dia_cells find_near_dia_objects found_dia_objects locate_dia_sources match_dia_sources pair_dia_objects pair_moving_dia_sources
CREATE OR REPLACE FUNCTION association.associate_dia_sources(
    release_name text, visit_id bigint, radius_arcsec float8 DEFAULT 1.0
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Joins are planned well by few statistics.
SET default_statistics_target = 10
AS $$
DECLARE
    cell_order integer;
    visit_band text;
    visit_mjd float8;
    late bigint;
    -- Keys differ from positions by the margin; objects are asked for within four radii when a visit is late.
    reach CONSTANT float8 := greatest(radius_arcsec, 4 * radius_arcsec - sky.margin_arcsec());
    written bigint;
BEGIN
    PERFORM association.require_dia_radius(radius_arcsec);
    PERFORM calibration.require_solution(release_name);
    SELECT v.band, v.expMidptMJD INTO visit_band, visit_mjd FROM raw.Visit AS v WHERE v.visit = visit_id;
    IF visit_band IS NULL THEN
        RAISE EXCEPTION 'visit % is not loaded', visit_id
            USING HINT = 'Load it with `skytract load`; SELECT visit FROM raw.Visit lists those there are.';
    END IF;
    -- Visits wait for each other: each builds on the objects of those before.
    PERFORM pg_advisory_xact_lock(hashtext('association.DiaObject'), hashtext(release_name));
    PERFORM association.withdraw_dia_visit(release_name, visit_id);
    PERFORM association.begin_dia_objects(release_name);
    cell_order := association.dia_cell_order(reach);

    INSERT INTO pg_temp.dia_raw SELECT r.* FROM raw.DiaSource AS r WHERE r.visit = visit_id;
    ANALYZE pg_temp.dia_raw (diaSourceId, visit, detector);
    PERFORM association.locate_dia_sources(release_name);
    PERFORM association.find_dia_cells(reach + sky.margin_arcsec(), cell_order);
    PERFORM association.pair_moving_dia_sources(radius_arcsec, cell_order);

    PERFORM association.find_near_dia_objects(release_name, cell_order);
    -- Had this visit come in its place, later ones could have been matched otherwise.
    SELECT count(*) INTO late
    FROM (
        SELECT array_agg(p.diaSourceId) AS ids, array_agg(p.ra) AS ra, array_agg(p.dec) AS decl
        FROM pg_temp.dia_position AS p
    ) AS s
    CROSS JOIN (
        SELECT array_agg(n.diaObjectId) AS ids, array_agg(n.ra) AS ra, array_agg(n.dec) AS decl
        FROM pg_temp.dia_near AS n
        WHERE n.lastDiaSourceMjdTai > visit_mjd
    ) AS o
    CROSS JOIN LATERAL sky.match_positions(
        s.ids, s.ra, s.decl, o.ids, o.ra, o.decl, 4 * radius_arcsec, 'nearest'
    ) AS m
    CROSS JOIN LATERAL unnest(m.paired_left);
    IF late > 0 THEN
        RAISE EXCEPTION 'visit % comes too late: DiaObjects near its sources were seen in later visits already', visit_id
            USING HINT = 'Run association.generate_dia_objects for the partitions it lies in; it takes all visits in order of time.';
    END IF;
    CREATE TEMPORARY TABLE dia_pair ON COMMIT DROP AS
    SELECT u.*
    FROM (
        SELECT
            sky.array_bytes(array_agg(p.diaSourceId)) AS ids,
            sky.array_bytes(array_agg(p.ra)) AS ra, sky.array_bytes(array_agg(p.dec)) AS decl
        FROM pg_temp.dia_position AS p
    ) AS s
    CROSS JOIN (
        SELECT
            sky.array_bytes(array_agg(n.diaObjectId)) AS ids,
            sky.array_bytes(array_agg(n.ra)) AS ra, sky.array_bytes(array_agg(n.dec)) AS decl
        FROM pg_temp.dia_near AS n
    ) AS o
    CROSS JOIN LATERAL association.pair_dia_objects(s.ids, s.ra, s.decl, o.ids, o.ra, o.decl, radius_arcsec) AS m
    CROSS JOIN LATERAL unnest(m.source_id, m.object_id) AS u (diaSourceId, diaObjectId);
    ANALYZE pg_temp.dia_pair;

    INSERT INTO pg_temp.dia_match (diaSourceId, diaObjectId, ssObjectId)
    SELECT
        a.ids[u.number],
        CASE WHEN NOT a.moving[u.number] THEN a.candidates[u.number] END,
        CASE WHEN a.moving[u.number] THEN a.candidates[u.number] END
    FROM (
        SELECT
            array_agg(c.diaSourceId) AS ids, array_agg(c.candidate) AS candidates, array_agg(c.moving) AS moving,
            array_agg(s.ra) AS ra, array_agg(s.dec) AS dec,
            array_agg(s.raErr::float8) AS ra_err, array_agg(s.decErr::float8) AS dec_err,
            array_agg(c.ra) AS candidate_ra, array_agg(c.decl) AS candidate_dec,
            array_agg(c.ra_err::float8) AS candidate_ra_err, array_agg(c.dec_err::float8) AS candidate_dec_err
        FROM (
            SELECT
                p.diaSourceId, p.diaObjectId AS candidate, false AS moving,
                n.ra, n.dec AS decl, n.raErr AS ra_err, n.decErr AS dec_err
            FROM pg_temp.dia_pair AS p
            JOIN pg_temp.dia_near AS n USING (diaObjectId)
            UNION ALL
            SELECT m.diaSourceId, m.ssObjectId, true, m.ra, m.dec, m.raErr, m.decErr FROM pg_temp.dia_moving AS m
        ) AS c
        JOIN pg_temp.dia_position AS s USING (diaSourceId)
    ) AS a
    CROSS JOIN LATERAL unnest(association.match_dia_sources(
        a.ids, a.candidates, a.moving, a.ra, a.dec, a.ra_err, a.dec_err,
        a.candidate_ra, a.candidate_dec, a.candidate_ra_err, a.candidate_dec_err, radius_arcsec
    )) AS u (number);
    INSERT INTO pg_temp.dia_touched (diaObjectId, ra, dec, nDiaSources)
    SELECT m.diaObjectId, n.ra, n.dec, n.nDiaSources
    FROM pg_temp.dia_match AS m
    JOIN pg_temp.dia_near AS n USING (diaObjectId);
    PERFORM association.found_dia_objects();

    written := association.calibrate_dia_sources(release_name);
    EXECUTE format('INSERT INTO %I.DiaSource SELECT s.* FROM pg_temp.dia_source AS s ORDER BY s.hpx29, s.diaSourceId', release_name);
    PERFORM association.fetch_dia_members(release_name);
    PERFORM association.store_dia_objects(release_name, ARRAY[visit_band]);
    DROP TABLE pg_temp.dia_near, pg_temp.dia_pair;
    PERFORM association.end_dia_objects();
    RETURN written;
END
$$;

COMMENT ON FUNCTION association.associate_dia_sources(text, bigint, float8) IS
    'Matches the raw DiaSources of a visit to the DiaObjects of an open release and to predicted positions of moving objects, within a radius [arcsec]; founds DiaObjects of the rest; writes DiaSource and DiaObject, and returns the number of DiaSources. Visits come in order of time; one given again takes the place of itself.';
