-- A step of fitting motions: leaves in pg_temp.motion_detection what is to be fitted again, and returns how many were rejected.
--
-- Of each object in pg_temp.motion the positions are rejected that lie more than 5 errors from the fit to
-- the others, at least half as far as the farthest. That distance, squared, is r.W.(1 - H W)^-1.r, with the
-- residual r, the weights W and the covariance H of the fitted position: what chi2 loses with the position.
-- Errors count as too small where the median of r.W.r is above that of two normal residuals, 2 ln 2.
-- Objects that lost a position leave pg_temp.motion; their other positions stay.
-- requires: projected_positions
CREATE OR REPLACE FUNCTION association.reject_positions() RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    rejected bigint;
BEGIN
    EXECUTE format(
        $select$
        CREATE TEMPORARY TABLE motion_residual ON COMMIT DROP AS
        SELECT
            p.id, p.detection, r.x * g.x + r.y * g.y AS chi2,
            (r.x * (k.yy * g.x - k.xy * g.y) + r.y * (k.xx * g.y - k.yx * g.x))
                / nullif(greatest(k.xx * k.yy - k.xy * k.yx, 1e-6), 1e-6) AS lost
        FROM (%s OFFSET 0) AS p
        JOIN pg_temp.motion AS m USING (id)
        CROSS JOIN LATERAL (
            SELECT
                p.xi - (m.x + m.u * p.t + m.p * p.pa) AS x,
                p.eta - (m.y + m.v * p.t + m.p * p.pd) AS y,
                m.xx + m.pp * p.pa * p.pa + p.t * (2 * m.xu + m.uu * p.t)
                    + 2 * p.pa * (m.xp + m.up * p.t) AS xx,
                m.yy + m.pp * p.pd * p.pd + p.t * (2 * m.yv + m.vv * p.t)
                    + 2 * p.pd * (m.yp + m.vp * p.t) AS yy,
                m.xy + m.pp * p.pa * p.pd + p.t * (m.xv + m.uy + m.uv * p.t)
                    + p.pd * (m.xp + m.up * p.t) + p.pa * (m.yp + m.vp * p.t) AS xy
            OFFSET 0
        ) AS r
        CROSS JOIN LATERAL (
            SELECT p.wa * r.x + p.wc * r.y AS x, p.wc * r.x + p.wd * r.y AS y
        ) AS g
        CROSS JOIN LATERAL (
            SELECT
                1 - p.wa * r.xx - p.wc * r.xy AS xx, -p.wa * r.xy - p.wc * r.yy AS xy,
                -p.wc * r.xx - p.wd * r.xy AS yx, 1 - p.wc * r.xy - p.wd * r.yy AS yy
            OFFSET 0
        ) AS k
        WHERE m.chi2 > 25
        $select$,
        association.projected_positions()
    );

    CREATE TEMPORARY TABLE motion_rejected ON COMMIT DROP AS
    SELECT r.id, r.detection
    FROM pg_temp.motion_residual AS r
    JOIN (
        SELECT
            n.id, max(n.lost) / 4 AS half_as_far,
            25 * greatest(1, percentile_cont(0.5) WITHIN GROUP (ORDER BY n.chi2) / (2 * ln(2.0::float8))) AS far
        FROM pg_temp.motion_residual AS n
        WHERE n.id IN (SELECT s.id FROM pg_temp.motion_residual AS s WHERE s.lost > 25)
        GROUP BY n.id
    ) AS o USING (id)
    WHERE r.lost > o.far AND r.lost >= o.half_as_far;
    GET DIAGNOSTICS rejected = ROW_COUNT;

    CREATE TEMPORARY TABLE motion_left ON COMMIT DROP AS
    SELECT d.*
    FROM pg_temp.motion_detection AS d
    WHERE d.id IN (SELECT r.id FROM pg_temp.motion_rejected AS r)
        AND NOT EXISTS (
            SELECT FROM pg_temp.motion_rejected AS r WHERE r.id = d.id AND r.detection = d.detection
        );
    ANALYZE pg_temp.motion_left (id, mjd);
    DELETE FROM pg_temp.motion AS m WHERE m.id IN (SELECT r.id FROM pg_temp.motion_rejected AS r);
    DROP TABLE pg_temp.motion_detection, pg_temp.motion_residual, pg_temp.motion_rejected;
    ALTER TABLE pg_temp.motion_left RENAME TO motion_detection;
    RETURN rejected;
END
$$;

COMMENT ON FUNCTION association.reject_positions() IS
    'A step of fitting motions: rejects the positions farther than 5 errors from the fit in pg_temp.motion, and leaves the others of the same objects in pg_temp.motion_detection to be fitted again. Returns how many it rejected.';
