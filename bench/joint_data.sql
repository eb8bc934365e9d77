-- A survey in one band, with known truth: bench.star, bench.visit, bench.image and bench.source_group beside the raw tables.
--
-- 189 detectors of 4000 x 4000 px, laid out as LSSTCam's, look at random places under random angles.
-- Stars move; every tenth is a reference star. The WCS as loaded is off by arcseconds: in pointing, in
-- scale, and in the place of each detector. Zero points scatter, flat fields are off by 0.2 mmag in each term of
-- a star flat, and one detection in 500 is wrong.
-- visits, per_image, side (of the sky that is looked at) and field (that, and what cameras reach beyond) [deg].
SELECT setseed(0.8143);
SET enable_memoize = off;
CREATE SCHEMA bench;

CREATE FUNCTION bench.normal() RETURNS float8 LANGUAGE sql VOLATILE
RETURN sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random());

CREATE TABLE bench.star AS
SELECT
    row_number() OVER (ORDER BY p.hpx29) AS star, p.ra, p.decl, p.hpx29, p.magnitude, p.random < 0.1 AS isReference,
    p.pmRa, p.pmDec, p.x, p.y, p.z, m.mas_x, m.mas_y, m.mas_z
FROM (
    SELECT
        r.*, sky.hpx29(r.ra, r.decl) AS hpx29, 10 * bench.normal() AS pmRa, 10 * bench.normal() AS pmDec,
        cos(radians(r.decl)) * cos(radians(r.ra)) AS x, cos(radians(r.decl)) * sin(radians(r.ra)) AS y,
        sin(radians(r.decl)) AS z
    FROM (
        SELECT 30 + %(field)s * (random() - 0.5) AS ra, %(field)s * (random() - 0.5) AS decl,
            16 + 4 * random() AS magnitude, random() AS random
        FROM generate_series(1::bigint, (%(per_image)s / (4000 * 0.2 / 3600) ^ 2 * %(field)s ^ 2)::bigint)
    ) AS r
) AS p
-- How far it goes in a year, as a vector.
CROSS JOIN LATERAL (
    SELECT
        -p.pmRa * sin(radians(p.ra)) - p.pmDec * p.z * cos(radians(p.ra)) AS mas_x,
        p.pmRa * cos(radians(p.ra)) - p.pmDec * p.z * sin(radians(p.ra)) AS mas_y,
        p.pmDec * cos(radians(p.decl)) AS mas_z
) AS m;
CREATE INDEX ON bench.star (ra, decl);
ANALYZE bench.star;

-- Its axes as vectors: to the boresight, and along x and y of the detectors.
CREATE TABLE bench.visit AS
SELECT
    r.*, (r.mjd - 60000) / 365.25 * radians(1 / 3.6e6) AS years_mas,
    a.cos_decl * a.cos_ra AS ahead_x, a.cos_decl * a.sin_ra AS ahead_y, a.sin_decl AS ahead_z,
    a.cos_turn * a.sin_ra - a.sin_turn * a.sin_decl * a.cos_ra AS along_x,
    -a.cos_turn * a.cos_ra - a.sin_turn * a.sin_decl * a.sin_ra AS along_y, a.sin_turn * a.cos_decl AS along_z,
    -a.sin_turn * a.sin_ra - a.cos_turn * a.sin_decl * a.cos_ra AS up_x,
    a.sin_turn * a.cos_ra - a.cos_turn * a.sin_decl * a.sin_ra AS up_y, a.cos_turn * a.cos_decl AS up_z
FROM (
    SELECT
        n AS visit, 30 + %(side)s * (random() - 0.5) AS ra, %(side)s * (random() - 0.5) AS decl,
        2 * pi() * random() AS turn, 60000 + 1800 * (random() - 0.5) AS mjd,
        0.5 / 3600 * bench.normal() AS off_ra, 0.5 / 3600 * bench.normal() AS off_dec
    FROM generate_series(1, %(visits)s) AS n
) AS r
CROSS JOIN LATERAL (
    SELECT cos(radians(r.ra)) AS cos_ra, sin(radians(r.ra)) AS sin_ra, cos(radians(r.decl)) AS cos_decl,
        sin(radians(r.decl)) AS sin_decl, cos(r.turn) AS cos_turn, sin(r.turn) AS sin_turn
) AS a;
ANALYZE bench.visit;

CREATE TABLE bench.detector AS
SELECT
    (row_number() OVER ())::integer - 1 AS detector, col, "row",
    2000.5 - 4100 * (col - 7) AS crpix1, 2000.5 - 4100 * ("row" - 7) AS crpix2,
    bench.normal() AS off_x, bench.normal() AS off_y, ARRAY[1 + (a.terms[2] + a.terms[7]) / 3] || a.terms AS starFlat
FROM generate_series(0, 14) AS col
CROSS JOIN generate_series(0, 14) AS "row"
-- Terms without the mean, which is made 1: that of the second and of the seventh is -1/3.
CROSS JOIN LATERAL (
    SELECT array_agg(0.0002 * bench.normal() ORDER BY n) AS terms FROM generate_series(1, 9 + 0 * col) AS n
) AS a
WHERE NOT (col / 3 IN (0, 4) AND "row" / 3 IN (0, 4));
ANALYZE bench.detector;

-- The true WCS is a plain TAN one: crpix1, crpix2, ra, decl, and 0.2 arcsec/px turned by `turn`.
CREATE TABLE bench.image AS
SELECT
    v.visit, d.detector, d.crpix1 + d.off_x AS crpix1, d.crpix2 + d.off_y AS crpix2, v.ra, v.decl, v.turn,
    28 + 0.1 * bench.normal() AS zeroPoint
FROM bench.visit AS v
CROSS JOIN bench.detector AS d;
ALTER TABLE bench.image ADD PRIMARY KEY (visit, detector);
ANALYZE bench.image;

INSERT INTO raw.Visit (visit, band, ra, "dec", expMidptMJD, expTime, zenithDistance, parallacticAngle, airmass, loadId)
SELECT v.visit, 'r', v.ra, v.decl, v.mjd, 30, 0, 0, 1, 1 FROM bench.visit AS v;
INSERT INTO raw.VisitDetector (
    visit, detector, band, nx, ny, psfSigma, crpix1, crpix2, crval1, crval2, cd1_1, cd1_2, cd2_1, cd2_2, loadId
)
SELECT
    i.visit, i.detector, 'r', 4000, 4000, 2, d.crpix1, d.crpix2, v.ra + v.off_ra, v.decl + v.off_dec,
    -cos(v.turn) * scale, sin(v.turn) * scale, sin(v.turn) * scale, cos(v.turn) * scale, 1
FROM bench.image AS i
JOIN bench.visit AS v USING (visit)
JOIN bench.detector AS d USING (detector)
CROSS JOIN (SELECT 0.2 / 3600 * 1.0001 AS scale) AS s;

INSERT INTO raw.ReferenceStar (
    catalog, refStarId, hpx29, ra, "dec", raErr, decErr, epoch, pmRa, pmRaErr, pmDec, pmDecErr,
    parallax, parallaxErr, r_flux, r_fluxErr, loadId
)
SELECT
    'bench', s.star, s.hpx29, s.ra + 0.5 / 3.6e6 * bench.normal(), s.decl + 0.5 / 3.6e6 * bench.normal(),
    0.5 / 3.6e6, 0.5 / 3.6e6, 60000, s.pmRa + 0.1 * bench.normal(), 0.1, s.pmDec + 0.1 * bench.normal(), 0.1,
    0.1 * bench.normal(), 0.1, f.flux * (1 + 0.0138 * bench.normal()), 0.0138 * f.flux, 1
FROM bench.star AS s
CROSS JOIN LATERAL (SELECT 10 ^ (0.4 * (31.4 - s.magnitude)) AS flux) AS f
WHERE s.isReference;

-- Right ascension is wide enough here: the field lies about the equator.
INSERT INTO raw.Source (
    hpx29, sourceId, visit, detector, ra, "dec", x, y, xErr, yErr,
    psfInstFlux, psfInstFluxErr, extendedness, detect_isPrimary, loadId
)
SELECT
    p.hpx29, p.star * 65536 + p.visit, p.visit, p.detector, p.ra + p.off_ra, p.decl + p.off_dec,
    p.x + 0.025 * bench.normal(), p.y + 0.025 * bench.normal(), 0.025, 0.025,
    c.counts * 10 ^ (0.4 * (p.error * bench.normal() + CASE WHEN random() < 0.002 THEN 1.4 * random() - 0.7 ELSE 0 END)),
    c.counts * p.error / 1.0857, 0, true, 1
FROM (
    SELECT
        s.star, s.hpx29, s.ra, s.decl, s.magnitude, v.visit, v.off_ra, v.off_dec, i.detector, i.zeroPoint, d.starFlat,
        q.u + i.crpix1 - 1 AS x, q.v + i.crpix2 - 1 AS y,
        sqrt(0.003 ^ 2 + (0.01 * 10 ^ (0.4 * (s.magnitude - 20))) ^ 2) AS error
    FROM bench.visit AS v
    JOIN bench.star AS s ON s.ra BETWEEN v.ra - 1.8 AND v.ra + 1.8 AND s.decl BETWEEN v.decl - 1.75 AND v.decl + 1.75
    CROSS JOIN LATERAL (
        SELECT
            s.x + v.years_mas * s.mas_x AS x, s.y + v.years_mas * s.mas_y AS y, s.z + v.years_mas * s.mas_z AS z
        OFFSET 0
    ) AS p
    -- On the tangent plane of the boresight [px].
    CROSS JOIN LATERAL (
        SELECT
            degrees(18000) * (p.x * v.along_x + p.y * v.along_y + p.z * v.along_z) / d.depth AS u,
            degrees(18000) * (p.x * v.up_x + p.y * v.up_y + p.z * v.up_z) / d.depth AS v
        FROM (SELECT p.x * v.ahead_x + p.y * v.ahead_y + p.z * v.ahead_z AS depth) AS d
        OFFSET 0
    ) AS q
    JOIN bench.detector AS d ON d.col = floor(q.u / 4100 + 7.5) AND d."row" = floor(q.v / 4100 + 7.5)
    JOIN bench.image AS i ON i.visit = v.visit AND i.detector = d.detector
    OFFSET 0
) AS p
CROSS JOIN LATERAL (
    SELECT 10 ^ (0.4 * (p.zeroPoint - p.magnitude)) / calibration.star_flat(p.starFlat, 4000, 4000, p.x, p.y) AS counts OFFSET 0
) AS c
WHERE p.x BETWEEN 0 AND 3999 AND p.y BETWEEN 0 AND 3999
ORDER BY p.star;

CREATE TABLE bench.source_group AS
SELECT s.hpx29, s.sourceId, s.sourceId / 65536 AS objectId FROM raw.Source AS s;
