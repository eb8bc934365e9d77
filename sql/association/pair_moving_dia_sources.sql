-- Fills pg_temp.dia_moving with the predicted positions near the rows of pg_temp.dia_position, of the same visits.
CREATE OR REPLACE FUNCTION association.pair_moving_dia_sources(radius_arcsec float8, cell_order integer) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    INSERT INTO pg_temp.dia_moving (diaSourceId, ssObjectId, ra, dec, raErr, decErr)
    SELECT s.diaSourceId, m.ssObjectId, m.ra, m.dec, m.raErr, m.decErr
    FROM (
        SELECT p.*, sky.hpx29(p.ra, p.dec) >> 2 * (29 - cell_order) AS cell
        FROM association.PredictedPosition AS p
        WHERE p.visit = ANY (ARRAY(SELECT DISTINCT d.visit FROM pg_temp.dia_position AS d))
    ) AS m
    JOIN pg_temp.dia_cell AS c USING (cell)
    JOIN pg_temp.dia_position AS s ON s.diaSourceId = c.diaSourceId AND s.visit = m.visit
    -- A hair more than the radius: association.match_dia_sources decides.
    WHERE sky.separation(s.ra, s.dec, m.ra, m.dec) * 3600 <= radius_arcsec * 1.000001;
    ANALYZE pg_temp.dia_moving;
END
$$;

COMMENT ON FUNCTION association.pair_moving_dia_sources(float8, integer) IS
    'A step of DiaObject generation: predicted positions within a radius [arcsec] of the rows of pg_temp.dia_position, in the same visits.';
