-- Makes a release's DiaSource (hpx29) and DiaObject in [lo, hi) from all raw visits, and returns the number of DiaSources.
--
-- The same rows as association.associate_dia_sources gives visit by visit in order of time, for any
-- bounds: besides the sources in [lo, hi) it takes those outside that hang together with them by
-- steps of two radii, as far as they go, since only such can have met the same DiaObjects.
-- requires: add_dia_members begin_dia_objects calibrate_dia_sources dia_cell_order end_dia_objects find_dia_cells group_dia_sources link_friends locate_dia_sources pair_moving_dia_sources require_dia_radius store_dia_objects
CREATE OR REPLACE FUNCTION association.generate_dia_objects(
    release_name text, lo bigint, hi bigint, radius_arcsec float8 DEFAULT 1.0, batch_size integer DEFAULT 20000
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    cell_order integer;
    shift integer;
    written bigint;
BEGIN
    PERFORM association.require_dia_radius(radius_arcsec);
    PERFORM calibration.require_solution(release_name);
    -- Partitions may run side by side, but not beside single visits.
    PERFORM pg_advisory_xact_lock_shared(hashtext('association.DiaObject'), hashtext(release_name));
    PERFORM association.begin_dia_objects(release_name);
    cell_order := association.dia_cell_order(2 * radius_arcsec);
    shift := 2 * (29 - cell_order);
    CREATE TEMPORARY TABLE dia_read (cell bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE dia_chain (diaSourceId bigint, chain bigint, is_inside boolean) ON COMMIT DROP;

    INSERT INTO pg_temp.dia_raw SELECT r.* FROM raw.DiaSource AS r WHERE r.hpx29 >= lo AND r.hpx29 < hi;
    LOOP
        ANALYZE pg_temp.dia_raw (diaSourceId, visit, detector);
        PERFORM association.locate_dia_sources(release_name);
        TRUNCATE pg_temp.dia_chain;
        INSERT INTO pg_temp.dia_chain (diaSourceId, chain, is_inside)
        SELECT u.diaSourceId, u.chain, bool_or(u.hpx29 >= lo AND u.hpx29 < hi) OVER (PARTITION BY u.chain)
        FROM (
            SELECT
                array_agg(p.hpx29) AS keys, array_agg(p.diaSourceId) AS ids,
                array_agg(p.ra) AS ra, array_agg(p.dec) AS dec
            FROM pg_temp.dia_position AS p
        ) AS a
        CROSS JOIN LATERAL unnest(a.keys, a.ids, association.link_friends(a.ids, a.ra, a.dec, 2 * radius_arcsec))
            AS u (hpx29, diaSourceId, chain);
        ANALYZE pg_temp.dia_chain;
        PERFORM association.find_dia_cells(2 * radius_arcsec + sky.margin_arcsec(), cell_order);
        -- Cells not read yet that reach beyond the bounds, and lie near a source that hangs together with one inside.
        CREATE TEMPORARY TABLE dia_open ON COMMIT DROP AS
        SELECT DISTINCT c.cell
        FROM pg_temp.dia_cell AS c
        JOIN pg_temp.dia_chain AS n USING (diaSourceId)
        WHERE n.is_inside AND NOT (c.cell << shift >= lo AND (c.cell + 1) << shift <= hi)
            AND NOT EXISTS (SELECT FROM pg_temp.dia_read AS d WHERE d.cell = c.cell);
        EXIT WHEN NOT EXISTS (SELECT FROM pg_temp.dia_open);
        INSERT INTO pg_temp.dia_raw
        SELECT r.*
        FROM (SELECT o.cell << shift AS first, (o.cell + 1) << shift AS beyond FROM pg_temp.dia_open AS o) AS c
        CROSS JOIN LATERAL (
            SELECT * FROM raw.DiaSource AS s WHERE s.hpx29 >= c.first AND s.hpx29 < c.beyond OFFSET 0
        ) AS r
        WHERE NOT (r.hpx29 >= lo AND r.hpx29 < hi);
        INSERT INTO pg_temp.dia_read (cell) SELECT o.cell FROM pg_temp.dia_open AS o;
        DROP TABLE pg_temp.dia_open;
    END LOOP;
    PERFORM association.pair_moving_dia_sources(radius_arcsec, cell_order);

    -- Whole chains go to Python together until they hold batch_size sources.
    CREATE TEMPORARY TABLE dia_batch ON COMMIT DROP AS
    SELECT
        p.*, c.chain, dense_rank() OVER (ORDER BY p.mjd, p.visit)::integer AS number,
        (rank() OVER (ORDER BY c.chain) - 1) / batch_size AS batch
    FROM pg_temp.dia_position AS p
    JOIN pg_temp.dia_chain AS c USING (diaSourceId)
    WHERE c.is_inside;
    ANALYZE pg_temp.dia_batch (diaSourceId, batch);
    INSERT INTO pg_temp.dia_match (diaSourceId, diaObjectId, ssObjectId)
    SELECT u.*
    FROM (
        SELECT
            b.batch, array_agg(b.number) AS number, array_agg(b.diaSourceId) AS ids, array_agg(b.hpx29) AS keys,
            array_agg(b.chain) AS chain, array_agg(b.mjd) AS mjd, array_agg(b.ra) AS ra, array_agg(b.dec) AS dec,
            array_agg(b.raErr::float8) AS ra_err, array_agg(b.decErr::float8) AS dec_err,
            array_agg(b.ra_dec_Cov::float8) AS cov
        FROM pg_temp.dia_batch AS b
        GROUP BY b.batch
    ) AS s
    LEFT JOIN (
        SELECT
            b.batch, array_agg(m.diaSourceId) AS ids, array_agg(m.ssObjectId) AS objects,
            array_agg(m.ra) AS ra, array_agg(m.dec) AS dec,
            array_agg(m.raErr::float8) AS ra_err, array_agg(m.decErr::float8) AS dec_err
        FROM pg_temp.dia_moving AS m
        JOIN pg_temp.dia_batch AS b USING (diaSourceId)
        GROUP BY b.batch
    ) AS m USING (batch)
    CROSS JOIN LATERAL association.group_dia_sources(
        s.number, s.ids, s.keys, s.chain, s.mjd, s.ra, s.dec, s.ra_err, s.dec_err, s.cov,
        coalesce(m.ids, '{}'), coalesce(m.objects, '{}'), coalesce(m.ra, '{}'), coalesce(m.dec, '{}'),
        coalesce(m.ra_err, '{}'), coalesce(m.dec_err, '{}'), radius_arcsec
    ) AS g
    CROSS JOIN LATERAL unnest(s.ids, g.diaObjectId, g.ssObjectId) AS u;
    ANALYZE pg_temp.dia_match;
    PERFORM association.calibrate_dia_sources(release_name);

    EXECUTE format('DELETE FROM %I.DiaSource WHERE hpx29 >= $1 AND hpx29 < $2', release_name) USING lo, hi;
    EXECUTE format('DELETE FROM %I.DiaObject WHERE diaObjectId >= $1 AND diaObjectId < $2', release_name) USING lo, hi;
    EXECUTE format(
        'INSERT INTO %I.DiaSource SELECT s.* FROM pg_temp.dia_source AS s '
        'WHERE s.hpx29 >= $1 AND s.hpx29 < $2 ORDER BY s.hpx29, s.diaSourceId', release_name) USING lo, hi;
    GET DIAGNOSTICS written = ROW_COUNT;
    PERFORM association.add_dia_members(lo, hi);
    PERFORM association.store_dia_objects(release_name);
    DROP TABLE pg_temp.dia_read, pg_temp.dia_chain, pg_temp.dia_open, pg_temp.dia_batch;
    PERFORM association.end_dia_objects();
    RETURN written;
END
$$;

COMMENT ON FUNCTION association.generate_dia_objects(text, bigint, bigint, float8, integer) IS
    'Makes the DiaSource (hpx29) and DiaObject rows in [lo, hi) of an open release from all raw visits, as if these had been associated one by one in order of time, whatever the bounds; radius in arcsec. Returns the number of DiaSources; running it again gives the same.';
