-- Places of the stars of pg_temp.calibration_star, in pg_temp.photometry_star, with the reference star nearest to each.
--
-- A reference star is taken where its proper motion has it at the mean time of the star's own detections.
-- Only those of cells near the stars are read. Which stars are held out is a hash of their ids: it depends on nothing else.
-- requires: require_free_tables
CREATE OR REPLACE FUNCTION calibration.locate_calibration_stars(
    reference_catalog text, radius_arcsec float8, held_out float8
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    matched bigint;
    first_mjd float8;
    last_mjd float8;
    -- 1.8 deg wide: ten times as wide as the way of the fastest star (Barnard's, 10.4 arcsec/yr) in 40 years.
    cell_order CONSTANT integer := 5;
    reach_arcsec CONSTANT float8 := 416 + least(radius_arcsec, 30);
    -- Ways of stars are cut into steps of no more than this; the middle of one is no farther than half.
    step_arcsec CONSTANT float8 := greatest(radius_arcsec, 1);
BEGIN
    PERFORM calibration.require_free_tables(ARRAY[
        'photometry_star', 'photometry_cell', 'photometry_reference', 'photometry_step', 'photometry_pair'
    ]);
    CREATE TEMPORARY TABLE photometry_star ON COMMIT DROP AS
    SELECT
        m.number, m.star, abs(hashint8(m.star)::bigint) % 10000 < 10000 * held_out AS isHeldOut,
        CASE WHEN m.y < 0 AND degrees(atan2(m.y, m.x)) + 360 < 360 THEN degrees(atan2(m.y, m.x)) + 360
            ELSE greatest(degrees(atan2(m.y, m.x)), 0) END AS ra,
        degrees(atan2(m.z, sqrt(m.x ^ 2 + m.y ^ 2))) AS decl, m.epoch, NULL::bigint AS refStarId
    FROM (
        SELECT
            t.number, t.star, sum(t.microdays) / sum(t.n)::float8 / 1e6 AS epoch,
            sum(t.x) AS x, sum(t.y) AS y, sum(t.z) AS z
        FROM pg_temp.calibration_star AS t
        GROUP BY t.number, t.star
    ) AS m;
    ANALYZE pg_temp.photometry_star;
    SELECT min(s.epoch), max(s.epoch) INTO first_mjd, last_mjd FROM pg_temp.photometry_star AS s;

    CREATE TEMPORARY TABLE photometry_cell ON COMMIT DROP AS
    SELECT sky.hpx29(s.ra, s.decl) >> 2 * (29 - cell_order) AS cell
    FROM pg_temp.photometry_star AS s
    UNION
    SELECT t.cell
    FROM (SELECT array_agg(s.ra) AS ra, array_agg(s.decl) AS decl FROM pg_temp.photometry_star AS s) AS a
    CROSS JOIN LATERAL association.touched_cells(a.ra, a.decl, reach_arcsec, cell_order) AS t;
    ANALYZE pg_temp.photometry_cell;
    CREATE TEMPORARY TABLE photometry_reference ON COMMIT DROP AS
    SELECT
        r.refStarId, r.ra, r.dec, r.pmRa, r.pmDec, r.epoch,
        greatest(1, ceil(
            (last_mjd - first_mjd) / 365.25
            * sqrt(coalesce(nullif(r.pmRa, 'NaN'), 0) ^ 2 + coalesce(nullif(r.pmDec, 'NaN'), 0) ^ 2)
            / (step_arcsec * 1000)
        ))::integer AS steps
    FROM pg_temp.photometry_cell AS c
    JOIN raw.ReferenceStar AS r
        ON r.hpx29 >= c.cell << 2 * (29 - cell_order) AND r.hpx29 < (c.cell + 1) << 2 * (29 - cell_order)
    WHERE r.catalog = reference_catalog AND coalesce(NOT r.isVariable, true) AND coalesce(NOT r.isResolved, true);
    ANALYZE pg_temp.photometry_reference;
    CREATE TEMPORARY TABLE photometry_step ON COMMIT DROP AS
    SELECT row_number() OVER () AS step, r.refStarId, m.ra, m.dec
    FROM pg_temp.photometry_reference AS r
    CROSS JOIN LATERAL generate_series(1, r.steps) AS k
    CROSS JOIN LATERAL sky.move_to_epoch(
        r.ra, r.dec, r.pmRa, r.pmDec, r.epoch, first_mjd + (k - 0.5) / r.steps * (last_mjd - first_mjd)
    ) AS m;
    ANALYZE pg_temp.photometry_step;

    CREATE TEMPORARY TABLE photometry_pair ON COMMIT DROP AS
    SELECT unnest(m.paired_left) AS number, unnest(m.paired_right) AS step
    FROM (
        SELECT array_agg(s.number::bigint) AS ids, array_agg(s.ra) AS ra, array_agg(s.decl) AS decl
        FROM pg_temp.photometry_star AS s
    ) AS a
    CROSS JOIN (
        SELECT array_agg(t.step) AS ids, array_agg(t.ra) AS ra, array_agg(t.dec) AS decl
        FROM pg_temp.photometry_step AS t
    ) AS b
    CROSS JOIN LATERAL sky.match_positions(
        a.ids, a.ra, a.decl, b.ids, b.ra, b.decl, radius_arcsec + step_arcsec / 2, 'all'
    ) AS m;
    ANALYZE pg_temp.photometry_pair;

    -- The nearest of each other, each star at its own time.
    UPDATE pg_temp.photometry_star AS s SET refStarId = n.refStarId
    FROM (
        SELECT
            d.number, d.refStarId,
            row_number() OVER (PARTITION BY d.number ORDER BY d.separation, d.refStarId) AS ofStar,
            row_number() OVER (PARTITION BY d.refStarId ORDER BY d.separation, d.number) AS ofReference
        FROM (
            SELECT DISTINCT
                p.number, r.refStarId, 3600 * sky.separation(s.ra, s.decl, m.ra, m.dec) AS separation
            FROM pg_temp.photometry_pair AS p
            JOIN pg_temp.photometry_star AS s USING (number)
            JOIN pg_temp.photometry_step AS t USING (step)
            JOIN pg_temp.photometry_reference AS r ON r.refStarId = t.refStarId
            CROSS JOIN LATERAL sky.move_to_epoch(r.ra, r.dec, r.pmRa, r.pmDec, r.epoch, s.epoch) AS m
        ) AS d
        WHERE d.separation <= radius_arcsec
    ) AS n
    WHERE n.number = s.number AND n.ofStar = 1 AND n.ofReference = 1;
    GET DIAGNOSTICS matched = ROW_COUNT;
    ANALYZE pg_temp.photometry_star;
    DROP TABLE pg_temp.photometry_cell, pg_temp.photometry_reference, pg_temp.photometry_step, pg_temp.photometry_pair;
    RETURN matched;
END
$$;

COMMENT ON FUNCTION calibration.locate_calibration_stars(text, float8, float8) IS
    'A working step of calibration.fit_joint_photometry: mean places of its stars, which of them are held out, and their reference stars; returns the number that have one.';
