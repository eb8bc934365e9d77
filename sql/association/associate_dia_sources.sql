-- Matches the raw DiaSources of a visit to DiaObjects and moving objects (LDM-151 8.24.5), and returns their number.
--
-- Candidates are the DiaObjects whose mean position, and the predicted positions of the visit that, lie
-- within the radius; association.match_dia_sources decides, what remains founds DiaObjects. The rows are
-- written to the release's DiaSource, and the DiaObjects that changed are computed anew. Visits come
-- in order of time: one that is late is refused where a later one saw an object nearby. A visit
-- given again takes the place of itself.
-- requires: begin_dia_objects calibrate_dia_sources dia_cell_order end_dia_objects fetch_dia_members find_dia_cells find_near_dia_objects found_dia_objects locate_dia_sources match_dia_sources pair_moving_dia_sources
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
    crowd bigint;
    written bigint;
BEGIN
    PERFORM association.require_dia_radius(radius_arcsec);
    PERFORM calibration.require_solution(release_name);
    SELECT v.band INTO visit_band FROM raw.Visit AS v WHERE v.visit = visit_id;
    IF visit_band IS NULL THEN
        RAISE EXCEPTION 'visit % is not loaded', visit_id
            USING HINT = 'Load it with `skytract load`; SELECT visit FROM raw.Visit lists those there are.';
    END IF;
    -- Visits wait for each other: each builds on the objects of those before.
    PERFORM pg_advisory_xact_lock(hashtext('association.DiaObject'), hashtext(release_name));
    PERFORM association.withdraw_dia_visit(release_name, visit_id);
    PERFORM association.begin_dia_objects(release_name);
    cell_order := association.dia_cell_order(radius_arcsec);

    INSERT INTO pg_temp.dia_raw SELECT r.* FROM raw.DiaSource AS r WHERE r.visit = visit_id;
    ANALYZE pg_temp.dia_raw (diaSourceId, visit, detector);
    PERFORM association.locate_dia_sources();
    PERFORM association.find_dia_cells(radius_arcsec + sky.margin_arcsec(), cell_order);
    PERFORM association.pair_moving_dia_sources(radius_arcsec, cell_order);

    PERFORM association.find_near_dia_objects(release_name, cell_order);
    SELECT max(c.sources * n.objects) INTO crowd
    FROM (SELECT d.cell, count(*) AS sources FROM pg_temp.dia_cell AS d GROUP BY d.cell) AS c
    JOIN (SELECT d.cell, count(*) AS objects FROM pg_temp.dia_near AS d GROUP BY d.cell) AS n USING (cell);
    IF crowd > 25000000 THEN
        RAISE EXCEPTION 'visit % has % pairs of a DiaSource and a DiaObject in a HEALPix cell of order %', visit_id, crowd, cell_order
            USING HINT = 'These would fill the memory: drop spurious detections.';
    END IF;
    CREATE TEMPORARY TABLE dia_pair ON COMMIT DROP AS
    SELECT
        p.diaSourceId, p.mjd, p.ra, p.dec, p.raErr, p.decErr, n.diaObjectId, n.lastDiaSourceMjdTai,
        n.ra AS object_ra, n.dec AS object_dec, n.raErr AS object_ra_err, n.decErr AS object_dec_err,
        sky.separation(p.ra, p.dec, n.ra, n.dec) * 3600 AS apart
    FROM pg_temp.dia_cell AS c
    JOIN pg_temp.dia_near AS n USING (cell)
    JOIN pg_temp.dia_position AS p USING (diaSourceId)
    -- The angle is computed only where the declinations do not rule it out.
    WHERE abs(p.dec - n.dec) * 3600 <= 4.000001 * radius_arcsec
        AND sky.separation(p.ra, p.dec, n.ra, n.dec) * 3600 <= 4 * radius_arcsec;
    -- Had this visit come in its place, later ones could have been matched otherwise.
    IF EXISTS (SELECT FROM pg_temp.dia_pair AS p WHERE p.lastDiaSourceMjdTai > p.mjd) THEN
        RAISE EXCEPTION 'visit % comes too late: DiaObjects near its sources were seen in later visits already', visit_id
            USING HINT = 'Run association.generate_dia_objects for the partitions it lies in; it takes all visits in order of time.';
    END IF;

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
                p.object_ra AS ra, p.object_dec AS decl, p.object_ra_err AS ra_err, p.object_dec_err AS dec_err
            FROM pg_temp.dia_pair AS p
            WHERE p.apart <= radius_arcsec * 1.000001
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
