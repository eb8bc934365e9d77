-- A step of fitting motions: sums up the normal equations of each object in pg_temp.motion_place.
--
-- The sums of two sets of detections of an object add up to those of all, for its position and the
-- epoch are fixed. The terms are in the order of association.solve_motion.
-- requires: projected_positions
CREATE OR REPLACE FUNCTION association.accumulate_motions() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Sums of floating-point numbers depend on their order: that of the detections, always. Groups
-- are hashed, for a sort by object would mix up its detections.
SET enable_sort = off
AS $$
BEGIN
    EXECUTE format(
        $select$
        CREATE TEMPORARY TABLE motion_sum ON COMMIT DROP AS
        SELECT
            p.id,
            ARRAY[
                count(*), sum(p.xi * p.ha + p.eta * p.hd),
                sum(p.ha), sum(p.ha * p.t), sum(p.hd), sum(p.hd * p.t), sum(p.pa * p.ha + p.pd * p.hd),
                sum(p.wa), sum(p.wa * p.t), sum(p.wc), sum(p.wc * p.t), sum(p.ga),
                sum(p.wa * p.t * p.t), sum(p.wc * p.t * p.t), sum(p.ga * p.t),
                sum(p.wd), sum(p.wd * p.t), sum(p.gd),
                sum(p.wd * p.t * p.t), sum(p.gd * p.t),
                sum(p.pa * p.ga + p.pd * p.gd)
            ] AS sums
        FROM (
            SELECT
                n.*,
                n.wa * n.pa + n.wc * n.pd AS ga, n.wc * n.pa + n.wd * n.pd AS gd,
                n.wa * n.xi + n.wc * n.eta AS ha, n.wc * n.xi + n.wd * n.eta AS hd
            FROM (%s ORDER BY d.detection OFFSET 0) AS n
            OFFSET 0
        ) AS p
        GROUP BY p.id
        $select$,
        association.projected_positions()
    );
END
$$;

COMMENT ON FUNCTION association.accumulate_motions() IS
    'A step of fitting motions: one row per object with the sums of its normal equations for position, proper motion and parallax over its positions in pg_temp.motion_detection, as pg_temp.motion_sum.';
