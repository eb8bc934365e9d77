-- The text of a query of position rows with each batch that a circle about them [deg, a sixth of a zone] touches.
-- requires: zone_batch
CREATE OR REPLACE FUNCTION sky.touched_batches(
    position_rows text, radius double precision, zones double precision, starts bigint[]
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- A circle so small touches at most two zones and two columns of each, so it touches the cells of the
-- four corners around it, and no others; of the cells of one batch one is kept. Most circles are farther
-- from every edge than `edge` (in cells; 1.003 radii would do near a pole) and touch their own cell only.
-- Each is widened by more than rounding can do. OFFSET 0: what follows is computed once a row, not
-- wherever it is used.
RETURN format(
    'SELECT p.id, p.ra, p."dec", sky.zone_batch(p.ra, p."dec", %2$s, %7$L) AS batch FROM (%1$s) AS p UNION ALL '
    'SELECT e.id, e.ra, e."dec", e.batch FROM ('
    'SELECT c.id, c.ra, c."dec", unnest(ARRAY[nullif(c.sw, c.own), '
    'CASE WHEN c.se NOT IN (c.own, c.sw) THEN c.se END, CASE WHEN c.nw NOT IN (c.own, c.sw, c.se) THEN c.nw END, '
    'CASE WHEN c.ne NOT IN (c.own, c.sw, c.se, c.nw) THEN c.ne END]) AS batch FROM ('
    'SELECT n.id, n.ra, n."dec", n.own, '
    'sky.zone_batch(n.ra - n.half, n."dec" - %3$s, %2$s, %7$L) AS sw, '
    'sky.zone_batch(n.ra + n.half, n."dec" - %3$s, %2$s, %7$L) AS se, '
    'sky.zone_batch(n.ra - n.half, n."dec" + %3$s, %2$s, %7$L) AS nw, '
    'sky.zone_batch(n.ra + n.half, n."dec" + %3$s, %2$s, %7$L) AS ne '
    'FROM (SELECT s.id, s.ra, s."dec", width_bucket((floor(s.y) * %6$s + floor(s.x))::bigint, %7$L::bigint[]) AS own, '
    'degrees(asin(least(1.0, sin(radians(%3$s)) / greatest(cos(radians(s."dec")), 1e-300)))) AS half FROM ('
    'SELECT p.id, p.ra, p."dec", (p."dec" + 90.0) * %4$s AS y, sky.zone_column(p.ra, p."dec", %2$s) AS x '
    'FROM (%1$s) AS p OFFSET 0) AS s '
    'WHERE s.y - floor(s.y) NOT BETWEEN %5$s AND 1.0 - %5$s OR s.x - floor(s.x) NOT BETWEEN %5$s AND 1.0 - %5$s '
    'OFFSET 0) AS n OFFSET 0) AS c) AS e WHERE e.batch IS NOT NULL',
    position_rows, zones, radius * (1.0 + 1e-9) + 1e-12, zones / 180.0, 1.05 * radius * zones / 180.0 + 1e-9,
    2.0 * zones, starts
);

COMMENT ON FUNCTION sky.touched_batches(text, double precision, double precision, bigint[]) IS
    'Text of a query of the rows of a query of id, ra, dec, once for each batch (sky.zone_batch) that a circle about them touches; the radius [deg] is at most a sixth of the height of a zone, unless there is one zone.';
