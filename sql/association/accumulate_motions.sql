-- A step of fitting motions: sums up the normal equations of each object in pg_temp.motion_object.
--
-- The terms are in the order of association.solve_motion. Whole columns go to numpy, of some of the
-- objects at a time: expressions and sums in SQL take three times as long.
-- requires: sum_motions
CREATE OR REPLACE FUNCTION association.accumulate_motions() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    -- Of a million positions or so, 64 bytes each, several times in memory.
    batches CONSTANT bigint := (SELECT count(*) / 1000000 + 1 FROM pg_temp.motion_detection);
BEGIN
    CREATE TEMPORARY TABLE motion_sum (id bigint, sums float8[]) ON COMMIT DROP;
    FOR batch IN 0 .. batches - 1 LOOP
        INSERT INTO pg_temp.motion_sum (id, sums)
        SELECT u.id, s.sums[21 * u.n - 20:21 * u.n]
        FROM (
            SELECT array_agg(o.id) AS id, array_agg(o.ra) AS ra, array_agg(o.dec) AS decl
            FROM pg_temp.motion_object AS o
            WHERE o.id % batches = batch
        ) AS o
        CROSS JOIN (
            SELECT
                array_agg(d.id) AS id, array_agg(d.detection) AS detection, array_agg(d.mjd) AS mjd,
                array_agg(d.ra) AS ra, array_agg(d.dec) AS decl,
                array_agg(d.raErr) AS ra_err, array_agg(d.decErr) AS dec_err, array_agg(d.ra_dec_Cov) AS cov
            FROM pg_temp.motion_detection AS d
            WHERE d.id % batches = batch
        ) AS d
        CROSS JOIN LATERAL association.sum_motions(
            o.id, o.ra, o.decl, d.id, d.detection, d.mjd, d.ra, d.decl, d.ra_err, d.dec_err, d.cov
        ) AS s
        CROSS JOIN LATERAL unnest(s.id) WITH ORDINALITY AS u (id, n);
    END LOOP;
END
$$;

COMMENT ON FUNCTION association.accumulate_motions() IS
    'A step of fitting motions: one row per object with the sums of its normal equations for position, proper motion and parallax over its positions in pg_temp.motion_detection, as pg_temp.motion_sum.';
