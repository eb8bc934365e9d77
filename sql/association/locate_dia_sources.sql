-- Adds the positions of the raw rows in pg_temp.dia_raw to pg_temp.dia_position, and returns their number.
--
-- By the detector's WCS of the release's astrometric solution (calibration.use_astrometry), or that known at
-- load time if it has none; with errors. As loaded, without errors, where there is no WCS. Rows that have a
-- position already are left alone.
CREATE OR REPLACE FUNCTION association.locate_dia_sources(release_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    solution_id CONSTANT bigint := (
        SELECT r.astrometrySolutionId FROM meta.Release AS r WHERE r.release = release_name
    );
    added bigint;
BEGIN
    -- Whole columns go to numpy, all detectors in one call.
    CREATE TEMPORARY TABLE dia_sky ON COMMIT DROP AS
    WITH packed AS MATERIALIZED (
        SELECT
            string_agg(sky.array_bytes(g.hpx), '') AS hpx, string_agg(sky.array_bytes(g.ids), '') AS ids,
            string_agg(sky.array_bytes(g.x), '') AS x, string_agg(sky.array_bytes(g.y), '') AS y,
            string_agg(sky.array_bytes(g.x_err), '') AS x_err, string_agg(sky.array_bytes(g.y_err), '') AS y_err,
            string_agg(sky.array_bytes(g.x_y_cov), '') AS x_y_cov, string_agg(w.wcs, '') AS wcs
        FROM (
            SELECT
                r.visit, r.detector, array_agg(r.hpx29) AS hpx, array_agg(r.diaSourceId) AS ids,
                array_agg(r.x) AS x, array_agg(r.y) AS y,
                array_agg(coalesce(r.xErr, 'NaN')::float8) AS x_err,
                array_agg(coalesce(r.yErr, 'NaN')::float8) AS y_err,
                array_agg(coalesce(r.x_y_Cov, 'NaN')::float8) AS x_y_cov
            FROM pg_temp.dia_raw AS r
            WHERE r.x IS NOT NULL AND r.y IS NOT NULL
                AND NOT EXISTS (SELECT FROM pg_temp.dia_position AS p WHERE p.diaSourceId = r.diaSourceId)
            GROUP BY r.visit, r.detector
        ) AS g
        JOIN calibration.wcs_terms(solution_id) AS w USING (visit, detector)
    )
    SELECT u.diaSourceId, u.ra, u.decl, u.raErr, u.decErr, u.ra_dec_Cov
    FROM packed AS p
    CROSS JOIN LATERAL calibration.pixels_to_sky(
        p.hpx, p.ids, p.x, p.y, p.x_err, p.y_err, p.x_y_cov, p.wcs
    ) AS k
    CROSS JOIN LATERAL unnest(k.id, k.ra, k.dec, k.raErr, k.decErr, k.ra_dec_Cov)
        AS u (diaSourceId, ra, decl, raErr, decErr, ra_dec_Cov);

    INSERT INTO pg_temp.dia_position (
        hpx29, diaSourceId, visit, mjd, ra, dec, raErr, decErr, ra_dec_Cov
    )
    SELECT
        r.hpx29, r.diaSourceId, r.visit, v.expMidptMJD, coalesce(s.ra, r.ra), coalesce(s.decl, r.dec),
        nullif(s.raErr, 'NaN')::real, nullif(s.decErr, 'NaN')::real, nullif(s.ra_dec_Cov, 'NaN')::real
    FROM pg_temp.dia_raw AS r
    JOIN raw.Visit AS v USING (visit)
    LEFT JOIN pg_temp.dia_sky AS s USING (diaSourceId)
    WHERE NOT EXISTS (SELECT FROM pg_temp.dia_position AS p WHERE p.diaSourceId = r.diaSourceId);
    GET DIAGNOSTICS added = ROW_COUNT;
    DROP TABLE pg_temp.dia_sky;
    ANALYZE pg_temp.dia_position (diaSourceId, visit);
    RETURN added;
END
$$;

COMMENT ON FUNCTION association.locate_dia_sources(text) IS
    'A step of DiaObject generation: adds positions by the WCS that a release uses of the raw rows in pg_temp.dia_raw to pg_temp.dia_position.';
