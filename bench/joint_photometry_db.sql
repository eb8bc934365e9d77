CREATE UNLOGGED TABLE public.survey_star (star integer, ra float8, "dec" float8, mag float8, weight float8)

INSERT INTO raw.Visit (visit, band, ra, "dec", expMidptMJD, expTime, loadId)
SELECT n, 'r', 10, -4, 60000 + n * 0.01, 30, 1 FROM generate_series(0, %(visits)s - 1) AS n

INSERT INTO raw.VisitDetector (visit, detector, band, nx, ny, loadId)
SELECT n %% %(visits)s, n / %(visits)s, 'r', %(side)s, %(side)s, 1 FROM generate_series(0, %(images)s - 1) AS n

INSERT INTO raw.ReferenceStar (catalog, refStarId, hpx29, ra, "dec", r_flux, r_fluxErr, loadId)
SELECT 'survey', s.star, sky.hpx29(s.ra, s.dec), s.ra, s.dec, f.flux, 1e-4 * f.flux, 1
FROM public.survey_star AS s
CROSS JOIN LATERAL (SELECT 10 ^ (0.4 * (31.4 - s.mag)) AS flux) AS f
WHERE s.weight > 0

CREATE TABLE public.survey_group AS
SELECT s.hpx29, s.sourceId, s.hpx29 AS objectId FROM raw.Source AS s

ANALYZE raw.Source;
ANALYZE raw.VisitDetector;
ANALYZE raw.ReferenceStar;
ANALYZE public.survey_group
