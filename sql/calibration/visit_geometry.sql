-- One row per visit: zenith distance and parallactic angle of its boresight [deg], as loaded, else by time and site.
-- requires: zenith_geometry
CREATE OR REPLACE FUNCTION calibration.visit_geometry(longitude float8 DEFAULT -70.7494, latitude float8 DEFAULT -30.2446)
RETURNS TABLE (visit bigint, zenithDistance float8, parallacticAngle float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
AS $$
SELECT v.visit, v.zenithDistance, v.parallacticAngle
FROM raw.Visit AS v
WHERE v.zenithDistance IS NOT NULL AND v.parallacticAngle IS NOT NULL
UNION ALL
SELECT unnest(m.visits), unnest(g.zenithDistance), unnest(g.parallacticAngle)
FROM (
    SELECT
        array_agg(v.visit) AS visits, array_agg(v.ra) AS ra, array_agg(v.dec) AS decl,
        array_agg(v.expMidptMJD) AS mjd
    FROM raw.Visit AS v
    WHERE v.zenithDistance IS NULL OR v.parallacticAngle IS NULL
    HAVING count(*) > 0
) AS m
CROSS JOIN LATERAL calibration.zenith_geometry(
    m.ra, m.decl, m.mjd, visit_geometry.longitude, visit_geometry.latitude
) AS g
$$;

COMMENT ON FUNCTION calibration.visit_geometry(float8, float8) IS
    'One row per visit: zenith distance and parallactic angle of its boresight [deg], those of raw.Visit, or computed from boresight, time and site (longitude to the east, latitude [deg]; Cerro Pachon if not given) where they are NULL.';
