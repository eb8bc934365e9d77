-- Where a star is at another time: position [deg] moved by its proper motion [mas/yr] along its great circle.
-- requires: moved_dec moved_ra
CREATE OR REPLACE FUNCTION sky.move_to_epoch(
    from_ra double precision,
    from_dec double precision,
    pm_ra double precision,
    pm_dec double precision,
    from_mjd double precision,
    to_mjd double precision
) RETURNS TABLE (ra double precision, "dec" double precision)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
-- A hair below 0 becomes 360, which is 0.
SELECT coalesce(nullif(m.ra - 360.0 * floor(m.ra / 360.0), 360.0), 0.0 * abs(m.ra)), m.dec
FROM (
    SELECT
        sky.moved_ra(from_ra, from_dec, p.ra, p.dec, p.years) AS ra,
        sky.moved_dec(from_dec, p.ra, p.dec, p.years) AS "dec"
    FROM (
        SELECT
            coalesce(nullif(pm_ra, 'NaN'), 0.0) AS ra,
            coalesce(nullif(pm_dec, 'NaN'), 0.0) AS "dec",
            coalesce(nullif(to_mjd - from_mjd, 'NaN'), 0.0) / 365.25 AS years
    ) AS p
) AS m;
END;

COMMENT ON FUNCTION sky.move_to_epoch(
    double precision, double precision, double precision, double precision, double precision, double precision
) IS 'One row: where a star of given position [deg, ICRS] and proper motion (pm_ra times cos dec, pm_dec) [mas/yr] at from_mjd is at to_mjd, without radial velocity and parallax. An unknown motion (NULL, NaN) counts as none, and so does an unknown time.';
