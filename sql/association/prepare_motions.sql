-- A step of fitting motions: what residuals need once per epoch and once per object of pg_temp.motion_detection.
--
-- pg_temp.motion_epoch: times that lie between 1900 and 2100, as years since 2026.0, and where the Earth
-- is; pg_temp.motion_place: directions of the objects in pg_temp.motion_object.
-- requires: earth_position
CREATE OR REPLACE FUNCTION association.prepare_motions() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Joins are planned well by few statistics, and a tenth of the time goes into full ones.
SET default_statistics_target = 10
AS $$
BEGIN
    ANALYZE pg_temp.motion_detection (id, mjd);
    CREATE TEMPORARY TABLE motion_epoch ON COMMIT DROP AS
    SELECT u.mjd, (u.mjd - 61041) / 365.25 AS t, u.x, u.y, u.z
    FROM (
        SELECT array_agg(n.mjd) AS mjd FROM (SELECT DISTINCT d.mjd FROM pg_temp.motion_detection AS d) AS n
    ) AS c
    CROSS JOIN LATERAL association.earth_position(c.mjd) AS e
    CROSS JOIN LATERAL unnest(c.mjd, e.x, e.y, e.z) AS u (mjd, x, y, z)
    WHERE u.x IS NOT NULL;
    ANALYZE pg_temp.motion_epoch;

    CREATE TEMPORARY TABLE motion_place ON COMMIT DROP AS
    SELECT
        o.id, o.ra, o.dec AS decl,
        sin(radians(o.ra)) AS sin_ra, cos(radians(o.ra)) AS cos_ra,
        sin(radians(o.dec)) AS sin_dec, cos(radians(o.dec)) AS cos_dec
    FROM pg_temp.motion_object AS o;
    ANALYZE pg_temp.motion_place;
END
$$;

COMMENT ON FUNCTION association.prepare_motions() IS
    'A step of fitting motions: where the Earth is at the times of pg_temp.motion_detection, and directions of the objects in pg_temp.motion_object, as pg_temp.motion_epoch and pg_temp.motion_place.';
