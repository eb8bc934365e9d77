-- One row per detection in a band that has a reference star within a radius [arcsec]: the nearest one.
-- requires: touched_cells
CREATE OR REPLACE FUNCTION association.match_reference(
    reference_catalog text, band_name text, radius_arcsec float8 DEFAULT 0.5
) RETURNS TABLE (hpx29 bigint, sourceId bigint, refStarId bigint, separationArcsec float8)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
#variable_conflict use_column
DECLARE
    cell_order integer;
BEGIN
    IF (radius_arcsec BETWEEN 0.001 AND 60) IS NOT TRUE THEN
        RAISE EXCEPTION 'the radius is % arcsec', radius_arcsec
            USING HINT = 'Give 0.001 to 60 arcsec; 0.5 to 1 is usual.';
    END IF;
    -- Cells at least ten radii wide, but not so wide that many stars share one.
    cell_order := least(13, floor(ln(0.07 / radians(radius_arcsec / 3600)) / ln(2.0)));
    IF NOT EXISTS (SELECT FROM raw.ReferenceStar AS r WHERE r.catalog = reference_catalog) THEN
        RAISE EXCEPTION 'no stars of a reference catalog % are loaded', quote_literal(reference_catalog)
            USING HINT = 'Load it with `skytract load`; SELECT DISTINCT catalog FROM raw.ReferenceStar lists those there are.';
    END IF;

    -- One row per star and cell that it, or a circle around it, lies in.
    CREATE TEMPORARY TABLE star_piece ON COMMIT DROP AS
    SELECT r.refStarId, r.ra, r.dec, r.hpx29 >> 2 * (29 - cell_order) AS cell
    FROM raw.ReferenceStar AS r
    WHERE r.catalog = reference_catalog;
    INSERT INTO pg_temp.star_piece (refStarId, ra, dec, cell)
    SELECT c.ids[t.number], c.ra[t.number], c.dec[t.number], t.cell
    FROM (
        SELECT array_agg(p.refStarId) AS ids, array_agg(p.ra) AS ra, array_agg(p.dec) AS dec
        FROM pg_temp.star_piece AS p
        GROUP BY p.cell >> 12
    ) AS c
    CROSS JOIN LATERAL association.touched_cells(c.ra, c.dec, radius_arcsec, cell_order) AS t;
    ANALYZE pg_temp.star_piece;

    CREATE TEMPORARY TABLE star_match ON COMMIT DROP AS
    SELECT d.hpx29, d.sourceId, p.refStarId,
        sky.separation(d.ra, d.dec, p.ra, p.dec) * 3600 AS separationArcsec
    FROM (
        SELECT s.hpx29, s.sourceId, s.ra, s.dec, s.hpx29 >> 2 * (29 - cell_order) AS cell
        FROM raw.Source AS s
        JOIN raw.Visit AS v USING (visit)
        WHERE v.band = band_name
    ) AS d
    JOIN pg_temp.star_piece AS p USING (cell);

    RETURN QUERY
    SELECT DISTINCT ON (m.hpx29, m.sourceId) m.hpx29, m.sourceId, m.refStarId, m.separationArcsec
    FROM pg_temp.star_match AS m
    WHERE m.separationArcsec <= radius_arcsec
    ORDER BY m.hpx29, m.sourceId, m.separationArcsec, m.refStarId;

    DROP TABLE pg_temp.star_piece, pg_temp.star_match;
END
$$;

COMMENT ON FUNCTION association.match_reference(text, text, float8) IS
    'One row per detection in a band that has a star of a reference catalog within a radius [arcsec]: the nearest one.';
