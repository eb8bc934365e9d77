-- One row per detection in a band that has a reference star within a radius [arcsec]: the nearest one.
-- Stars are where their proper motion has taken them at the time of the visit.
-- requires: touched_cells
CREATE OR REPLACE FUNCTION association.match_reference(
    reference_catalog text, band_name text, radius_arcsec float8 DEFAULT 0.5
) RETURNS TABLE (hpx29 bigint, sourceId bigint, refStarId bigint, separationArcsec float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
#variable_conflict use_column
DECLARE
    cell_order integer;
    first_mjd float8;
    last_mjd float8;
    -- Ways of stars are cut into steps of no more than this; the middle of one is no farther than half.
    step_arcsec CONSTANT float8 := greatest(radius_arcsec, 1);
    reach_arcsec CONSTANT float8 := radius_arcsec + step_arcsec / 2;
BEGIN
    IF (radius_arcsec BETWEEN 0.001 AND 60) IS NOT TRUE THEN
        RAISE EXCEPTION 'the radius is % arcsec', radius_arcsec
            USING HINT = 'Give 0.001 to 60 arcsec; 0.5 to 1 is usual.';
    END IF;
    -- Cells at least ten times as wide, but not so wide that many stars share one.
    cell_order := least(13, floor(ln(0.07 / radians(reach_arcsec / 3600)) / ln(2.0)));
    IF NOT EXISTS (SELECT FROM raw.ReferenceStar AS r WHERE r.catalog = reference_catalog) THEN
        RAISE EXCEPTION 'no stars of a reference catalog % are loaded', quote_literal(reference_catalog)
            USING HINT = 'Load it with `skytract load`; SELECT DISTINCT catalog FROM raw.ReferenceStar lists those there are.';
    END IF;
    PERFORM calibration.require_free_tables('{star_piece,star_match}');

    SELECT min(v.expMidptMJD), max(v.expMidptMJD) INTO first_mjd, last_mjd
    FROM raw.Visit AS v
    WHERE v.band = band_name AND abs(v.expMidptMJD) < 'Infinity';
    -- One row per step of a star's way between first and last visit, and cell that it, or a circle around it, lies in.
    CREATE TEMPORARY TABLE star_piece ON COMMIT DROP AS
    SELECT
        row_number() OVER () AS piece, q.*, sky.hpx29(q.ra, q.dec) >> 2 * (29 - cell_order) AS cell
    -- OFFSET 0: steps, times and places are computed once, not wherever the formulas use them.
    FROM (
        SELECT
            w.refStarId, w.ra AS listed_ra, w.dec AS listed_dec, w.pmRa AS pm_ra, w.pmDec AS pm_dec, w.epoch, m.ra, m.dec
        FROM (
            SELECT
                r.refStarId, r.ra, r.dec, r.pmRa, r.pmDec, r.epoch,
                greatest(1, ceil(
                    (last_mjd - first_mjd) / 365.25
                    * sqrt(coalesce(nullif(r.pmRa, 'NaN'), 0) ^ 2 + coalesce(nullif(r.pmDec, 'NaN'), 0) ^ 2)
                    / (step_arcsec * 1000)
                ))::integer AS steps
            FROM raw.ReferenceStar AS r
            WHERE r.catalog = reference_catalog
            OFFSET 0
        ) AS w
        CROSS JOIN LATERAL (
            SELECT first_mjd + (k - 0.5) / w.steps * (last_mjd - first_mjd) AS mjd
            FROM generate_series(1, w.steps) AS k
            OFFSET 0
        ) AS t
        CROSS JOIN LATERAL sky.move_to_epoch(w.ra, w.dec, w.pmRa, w.pmDec, w.epoch, t.mjd) AS m
        OFFSET 0
    ) AS q;
    INSERT INTO pg_temp.star_piece
    SELECT p.piece, p.refStarId, p.listed_ra, p.listed_dec, p.pm_ra, p.pm_dec, p.epoch, p.ra, p.dec, c.cell
    FROM (
        SELECT g.pieces[t.number] AS piece, t.cell
        FROM (
            SELECT array_agg(p.piece) AS pieces, array_agg(p.ra) AS ra, array_agg(p.dec) AS dec
            FROM pg_temp.star_piece AS p
            GROUP BY p.cell >> 12
        ) AS g
        CROSS JOIN LATERAL association.touched_cells(g.ra, g.dec, reach_arcsec, cell_order) AS t
        -- OFFSET 0: rows go on without the arrays they were taken from.
        OFFSET 0
    ) AS c
    JOIN pg_temp.star_piece AS p USING (piece);
    ANALYZE pg_temp.star_piece;

    CREATE TEMPORARY TABLE star_match ON COMMIT DROP AS
    SELECT n.hpx29, n.sourceId, n.refStarId, sky.separation(n.ra, n.dec, n.star_ra, n.star_dec) * 3600 AS separationArcsec
    FROM (
        SELECT d.hpx29, d.sourceId, p.refStarId, d.ra, d.dec, m.ra AS star_ra, m.dec AS star_dec
        FROM (
            SELECT s.hpx29, s.sourceId, s.ra, s.dec, v.expMidptMJD AS mjd, s.hpx29 >> 2 * (29 - cell_order) AS cell
            FROM raw.Source AS s
            JOIN raw.Visit AS v USING (visit)
            WHERE v.band = band_name
        ) AS d
        JOIN pg_temp.star_piece AS p USING (cell)
        CROSS JOIN LATERAL sky.move_to_epoch(p.listed_ra, p.listed_dec, p.pm_ra, p.pm_dec, p.epoch, d.mjd) AS m
        -- Angles are computed only where the declinations do not rule it out.
        WHERE abs(d.dec - p.dec) * 3600 <= reach_arcsec * 1.000001
        OFFSET 0
    ) AS n;

    RETURN QUERY
    SELECT DISTINCT ON (m.hpx29, m.sourceId) m.hpx29, m.sourceId, m.refStarId, m.separationArcsec
    FROM pg_temp.star_match AS m
    WHERE m.separationArcsec <= radius_arcsec
    ORDER BY m.hpx29, m.sourceId, m.separationArcsec, m.refStarId;

    DROP TABLE pg_temp.star_piece, pg_temp.star_match;
END
$$;

COMMENT ON FUNCTION association.match_reference(text, text, float8) IS
    'One row per detection in a band that has a star of a reference catalog within a radius [arcsec]: the nearest one, stars being moved to the time of the visit.';
