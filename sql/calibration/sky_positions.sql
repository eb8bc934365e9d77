-- One row per raw detection with hpx29 in [lo, hi) that has pixels and whose detector has a WCS: its position by that WCS.
--
-- The WCS is that of an astrometric solution (calibration.Solution), or the one known at load time for NULL.
-- Whole columns go to numpy, for all detectors of a batch in one call.
-- requires: pixels_to_sky wcs_terms
CREATE OR REPLACE FUNCTION calibration.sky_positions(lo bigint, hi bigint, solution_id bigint DEFAULT NULL)
RETURNS TABLE (hpx29 bigint, sourceId bigint, ra float8, "dec" float8, raErr real, decErr real, ra_dec_Cov real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000000
AS $$
DECLARE
    batch_size CONSTANT integer := 500000;
    batch record;
BEGIN
    FOR batch IN SELECT b.batch_lo, b.batch_hi FROM association.detection_batches(lo, hi, batch_size) AS b LOOP
        RETURN QUERY
        WITH packed AS MATERIALIZED (
            SELECT
                string_agg(sky.array_bytes(g.hpx), '') AS hpx, string_agg(sky.array_bytes(g.ids), '') AS ids,
                string_agg(sky.array_bytes(g.x), '') AS x, string_agg(sky.array_bytes(g.y), '') AS y,
                string_agg(sky.array_bytes(g.x_err), '') AS x_err,
                string_agg(sky.array_bytes(g.y_err), '') AS y_err,
                string_agg(sky.array_bytes(g.x_y_cov), '') AS x_y_cov,
                string_agg(w.wcs, '') AS wcs
            FROM (
                SELECT
                    s.visit, s.detector, array_agg(s.hpx29) AS hpx, array_agg(s.sourceId) AS ids,
                    array_agg(s.x) AS x, array_agg(s.y) AS y,
                    array_agg(coalesce(s.xErr, 'NaN')::float8) AS x_err,
                    array_agg(coalesce(s.yErr, 'NaN')::float8) AS y_err,
                    array_agg(coalesce(s.x_y_Cov, 'NaN')::float8) AS x_y_cov
                FROM raw.Source AS s
                WHERE s.hpx29 >= batch.batch_lo AND s.hpx29 < batch.batch_hi
                    AND s.x IS NOT NULL AND s.y IS NOT NULL
                GROUP BY s.visit, s.detector
            ) AS g
            JOIN calibration.wcs_terms(solution_id) AS w USING (visit, detector)
        )
        -- Sets in the select list stream; in FROM each would be written down first.
        SELECT
            unnest(k.hpx29), unnest(k.id), unnest(k.ra), unnest(k.dec),
            nullif(unnest(k.raErr), 'NaN')::real, nullif(unnest(k.decErr), 'NaN')::real,
            nullif(unnest(k.ra_dec_Cov), 'NaN')::real
        FROM packed AS p
        CROSS JOIN LATERAL calibration.pixels_to_sky(
            p.hpx, p.ids, p.x, p.y, p.x_err, p.y_err, p.x_y_cov, p.wcs
        ) AS k;
    END LOOP;
END
$$;

COMMENT ON FUNCTION calibration.sky_positions(bigint, bigint, bigint) IS
    'One row per raw detection with hpx29 in [lo, hi) that has pixels on a detector with a WCS, that of an astrometric solution (its id) or as loaded for NULL: ICRS position [deg], with errors [deg; raErr times cos(dec)].';
