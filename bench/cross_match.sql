-- Two catalogs of the same size in 10 x 10 deg about RA 0: four fifths of the right rows are left
-- ones seen again within 0.3 arcsec, the rest lie anywhere. Both are clustered and the right one is
-- indexed for q3c, which is the form its manual recommends.
DROP SCHEMA IF EXISTS bench_match CASCADE;
CREATE SCHEMA bench_match;

SELECT setseed(0.25);

CREATE TABLE bench_match.drawn AS
SELECT
    g AS id,
    10 * random() - 5 AS ra,
    degrees(asin((2 * random() - 1) * sin(radians(5)))) AS dec
FROM generate_series(1, current_setting('bench.rows')::bigint) AS g;

CREATE TABLE bench_match.seen AS
SELECT
    d.id + 1000000000 AS id,
    CASE WHEN d.id % 5 = 0 THEN 10 * random() - 5 ELSE d.ra + (random() - 0.5) * 0.6 / 3600 END AS ra,
    CASE WHEN d.id % 5 = 0 THEN 10 * random() - 5 ELSE d.dec + (random() - 0.5) * 0.6 / 3600 END AS dec
FROM bench_match.drawn AS d;

UPDATE bench_match.drawn SET ra = ra + 360 WHERE ra < 0;
UPDATE bench_match.seen SET ra = ra + 360 WHERE ra < 0;

CREATE TABLE bench_match.a AS SELECT * FROM bench_match.drawn ORDER BY q3c_ang2ipix(ra, dec);
CREATE TABLE bench_match.b AS SELECT * FROM bench_match.seen ORDER BY q3c_ang2ipix(ra, dec);
CREATE INDEX b_q3c ON bench_match.b (q3c_ang2ipix(ra, dec));
