-- Detections of stars, 50 each over ten years, as association.solve_motions takes them.
SELECT setseed(0.5);
CREATE TEMPORARY TABLE motion_object AS
SELECT i::bigint AS id, (30 + i * 1e-5)::float8 AS ra, -35::float8 AS dec
FROM generate_series(1, current_setting('bench.stars')::integer) AS i;
-- In the order of the visits, as rows come.
CREATE TEMPORARY TABLE motion_detection AS
SELECT
    o.id, o.id * 50 + k AS detection, (60000 + 73.1 * k)::float8 AS mjd,
    o.ra + (random() - 0.5) * 2e-5 AS ra, o.dec + (random() - 0.5) * 2e-5 AS dec,
    (5e-6 + 3e-6 * random())::real::float8 AS raErr, (5e-6 + 3e-6 * random())::real::float8 AS decErr,
    (1e-11 * random())::real::float8 AS ra_dec_Cov
FROM generate_series(1, 50) AS k
CROSS JOIN pg_temp.motion_object AS o;
ANALYZE pg_temp.motion_object;
