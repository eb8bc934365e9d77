-- Adds the positions of the raw rows in pg_temp.dia_raw to pg_temp.dia_position, and returns their number.
--
-- By the detector's WCS, with errors; as loaded, without errors, where there is none. Rows that have
-- a position already are left alone.
CREATE OR REPLACE FUNCTION association.locate_dia_sources() RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    added bigint;
BEGIN
    CREATE TEMPORARY TABLE dia_sky ON COMMIT DROP AS
    SELECT u.diaSourceId, u.ra, u.decl, u.raErr, u.decErr, u.ra_dec_Cov
    FROM (
        SELECT
            r.visit, r.detector, array_agg(r.diaSourceId) AS ids, array_agg(r.x) AS x, array_agg(r.y) AS y,
            array_agg(r.xErr::float8) AS x_err, array_agg(r.yErr::float8) AS y_err,
            array_agg(r.x_y_Cov::float8) AS x_y_cov
        FROM pg_temp.dia_raw AS r
        WHERE r.x IS NOT NULL AND r.y IS NOT NULL
            AND NOT EXISTS (SELECT FROM pg_temp.dia_position AS p WHERE p.diaSourceId = r.diaSourceId)
        GROUP BY r.visit, r.detector
    ) AS g
    JOIN raw.VisitDetector AS d USING (visit, detector)
    CROSS JOIN LATERAL calibration.pixel_to_sky(
        g.x, g.y, g.x_err, g.y_err, g.x_y_cov,
        ARRAY[d.crpix1, d.crpix2], ARRAY[d.crval1, d.crval2], ARRAY[d.cd1_1, d.cd1_2, d.cd2_1, d.cd2_2],
        d.sipA, d.sipB
    ) AS p
    CROSS JOIN LATERAL unnest(g.ids, p.ra, p.dec, p.raErr, p.decErr, p.ra_dec_Cov)
        AS u (diaSourceId, ra, decl, raErr, decErr, ra_dec_Cov)
    WHERE d.crpix1 IS NOT NULL AND d.crval1 IS NOT NULL AND d.cd1_1 IS NOT NULL;

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

COMMENT ON FUNCTION association.locate_dia_sources() IS
    'A step of DiaObject generation: adds positions by the WCS of the raw rows in pg_temp.dia_raw to pg_temp.dia_position.';
