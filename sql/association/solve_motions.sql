-- Fits position, proper motion and parallax of the objects in pg_temp.motion_object to pg_temp.motion_detection.
--
-- Wanted: motion_object (id, ra, dec [deg]) and motion_detection (id of the object, detection, mjd [TAI],
-- ra, dec, raErr, decErr [deg], ra_dec_Cov [deg^2], all but the ids float8). Made: motion, one row per
-- object whose motion the detections determine: offset (x, y) from the object's position at 2026.0 and
-- proper motion (u, v), east and north, parallax p [mas, yr], their covariances, chi2, ndata.
-- requires: accumulate_motions prepare_motions reject_positions solve_motion
CREATE OR REPLACE FUNCTION association.solve_motions() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    CREATE TEMPORARY TABLE motion (
        id bigint, ndata integer, x float8, u float8, y float8, v float8, p float8,
        xx float8, xu float8, xy float8, xv float8, xp float8, uu float8, uy float8, uv float8, up float8,
        yy float8, yv float8, yp float8, vv float8, vp float8, pp float8, chi2 float8
    ) ON COMMIT DROP;
    PERFORM association.prepare_motions();
    LOOP
        PERFORM association.accumulate_motions();
        INSERT INTO pg_temp.motion
        SELECT
            c.ids[k], c.ndata[k],
            c.fits[k][1], c.fits[k][2], c.fits[k][3], c.fits[k][4], c.fits[k][5], c.fits[k][6],
            c.fits[k][7], c.fits[k][8], c.fits[k][9], c.fits[k][10], c.fits[k][11], c.fits[k][12],
            c.fits[k][13], c.fits[k][14], c.fits[k][15], c.fits[k][16], c.fits[k][17], c.fits[k][18],
            c.fits[k][19], c.fits[k][20], c.fits[k][21]
        FROM (
            SELECT
                array_agg(s.id) AS ids, array_agg(s.sums[1]::integer) AS ndata,
                association.solve_motion(array_agg(s.sums)) AS fits
            FROM (SELECT n.*, row_number() OVER () / 2000 AS batch FROM pg_temp.motion_sum AS n) AS s
            GROUP BY s.batch
        ) AS c
        CROSS JOIN LATERAL generate_subscripts(c.ids, 1) AS k
        WHERE c.fits[k][21] < 'NaN';
        ANALYZE pg_temp.motion;
        DROP TABLE pg_temp.motion_sum;
        EXIT WHEN association.reject_positions() = 0;
    END LOOP;
    DROP TABLE pg_temp.motion_epoch, pg_temp.motion_place;
END
$$;

COMMENT ON FUNCTION association.solve_motions() IS
    'Fits position, proper motion and parallax of the objects in pg_temp.motion_object to their positions in pg_temp.motion_detection, rejecting outliers, as pg_temp.motion.';
