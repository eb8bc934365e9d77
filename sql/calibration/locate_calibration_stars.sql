-- Places of the stars of pg_temp.calibration_star_source, in pg_temp.photometry_star, with the reference star nearest to each.
--
-- Reference stars are moved by their proper motion to the mean epoch of the detections. Which stars are
-- held out is a hash of their ids: it depends on nothing else.
CREATE OR REPLACE FUNCTION calibration.locate_calibration_stars(
    reference_catalog text, radius_arcsec float8, held_out float8
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    matched bigint;
BEGIN
    CREATE TEMPORARY TABLE photometry_star ON COMMIT DROP AS
    SELECT
        m.number, m.star, abs(hashint8(m.star)::bigint) % 10000 < 10000 * held_out AS isHeldOut,
        CASE WHEN m.y < 0 AND degrees(atan2(m.y, m.x)) + 360 < 360 THEN degrees(atan2(m.y, m.x)) + 360
            ELSE greatest(degrees(atan2(m.y, m.x)), 0) END AS ra,
        degrees(atan2(m.z, sqrt(m.x ^ 2 + m.y ^ 2))) AS decl, m.epoch, NULL::bigint AS refStarId
    FROM (
        SELECT
            s.number, s.star, avg(v.expMidptMJD) AS epoch,
            avg(cos(radians(s.dec)) * cos(radians(s.ra))) AS x,
            avg(cos(radians(s.dec)) * sin(radians(s.ra))) AS y, avg(sin(radians(s.dec))) AS z
        FROM pg_temp.calibration_star_source AS s
        JOIN raw.Visit AS v USING (visit)
        GROUP BY s.number, s.star
    ) AS m;
    UPDATE pg_temp.photometry_star AS s SET refStarId = p.ref
    FROM (
        SELECT unnest(m.paired_left) AS number, unnest(m.paired_right) AS ref
        FROM (
            SELECT array_agg(t.number::bigint) AS ids, array_agg(t.ra) AS ra, array_agg(t.decl) AS decl, avg(t.epoch) AS epoch
            FROM pg_temp.photometry_star AS t
        ) AS a
        CROSS JOIN LATERAL (
            SELECT
                array_agg(r.refStarId) AS ids,
                array_agg(r.ra + coalesce(r.pmRa * (a.epoch - r.epoch) / 365.25 / 3.6e6 / cos(radians(r.dec)), 0)) AS ra,
                array_agg(r.dec + coalesce(r.pmDec * (a.epoch - r.epoch) / 365.25 / 3.6e6, 0)) AS decl
            FROM raw.ReferenceStar AS r
            WHERE r.catalog = reference_catalog
                AND coalesce(NOT r.isVariable, true) AND coalesce(NOT r.isResolved, true)
        ) AS b
        CROSS JOIN LATERAL sky.match_positions(a.ids, a.ra, a.decl, b.ids, b.ra, b.decl, radius_arcsec, 'mutual') AS m
    ) AS p
    WHERE p.number = s.number;
    GET DIAGNOSTICS matched = ROW_COUNT;
    ANALYZE pg_temp.photometry_star;
    RETURN matched;
END
$$;

COMMENT ON FUNCTION calibration.locate_calibration_stars(text, float8, float8) IS
    'A working step of calibration.fit_joint_photometry: mean places of its stars, which of them are held out, and their reference stars; returns the number that have one.';
