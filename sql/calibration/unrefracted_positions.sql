-- One row per Source of a release with hpx29 in [lo, hi): its position as a G2V star's would be, by the spectrum of its object.
--
-- A WCS is right for a G2V star; the air lifts what is bluer more. Which way, and how far, is that of the source's own
-- place in the visit, not of the boresight. Sources whose object has no spectrum keep their positions.
-- requires: find_solution mixture_refractions visit_geometry
CREATE OR REPLACE FUNCTION calibration.unrefracted_positions(
    release_name text, seds text DEFAULT NULL, lo bigint DEFAULT 0, hi bigint DEFAULT 3458764513820540928
) RETURNS TABLE (
    hpx29 bigint, sourceId bigint, objectId bigint, ra float8, "dec" float8, raShift float8, decShift float8
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1000000
-- Sources and visits by the million are joined, and nobody has counted them.
SET enable_nestloop = off
AS $$
DECLARE
    sed_solution bigint;
BEGIN
    SELECT r.sedSolutionId INTO sed_solution FROM meta.Release AS r WHERE r.release = release_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no release %', coalesce(release_name, 'NULL')
            USING HINT = '`skytract release list` names those there are.';
    END IF;
    IF seds IS NOT NULL THEN
        sed_solution := calibration.find_solution('sed', seds);
    ELSIF sed_solution IS NULL THEN
        RAISE EXCEPTION 'release % is calibrated without spectra of its objects', release_name
            USING HINT = 'Name a solution of kind sed: seds => name; `skytract calibrate seds` makes one.';
    END IF;
    RETURN QUERY EXECUTE format(
        $query$
        WITH lift AS MATERIALIZED (
            SELECT m.* FROM calibration.mixture_refractions($1, %2$L) AS m
        ), zenith AS MATERIALIZED (
            SELECT
                v.visit,
                c.up * cos(v.a) * cos(v.d) - c.side * sin(v.a) - c.north * cos(v.a) * sin(v.d) AS x,
                c.up * sin(v.a) * cos(v.d) + c.side * cos(v.a) - c.north * sin(v.a) * sin(v.d) AS y,
                c.up * sin(v.d) + c.north * cos(v.d) AS z
            FROM (
                SELECT r.visit, radians(r.ra) AS a, radians(r.dec) AS d,
                    radians(g.zenithDistance) AS far, radians(g.parallacticAngle) AS angle
                FROM raw.Visit AS r
                JOIN calibration.visit_geometry() AS g USING (visit)
            ) AS v
            CROSS JOIN LATERAL (
                SELECT cos(v.far) AS up, sin(v.far) * sin(v.angle) AS side, sin(v.far) * cos(v.angle) AS north
            ) AS c
        )
        SELECT
            s.hpx29, s.sourceId, s.objectId,
            coalesce(nullif(p.ra - 360 * floor(p.ra / 360), 360), 0), p.decl, p.raShift, p.decShift
        FROM (
            SELECT
                r.hpx29, r.sourceId, r.objectId, r.ra, r.dec, l.lift / 3.6e6 AS lift, z.x, z.y, z.z,
                cos(radians(r.ra)) AS cosRa, sin(radians(r.ra)) AS sinRa,
                cos(radians(r.dec)) AS cosDec, sin(radians(r.dec)) AS sinDec
            FROM %1$I.Source AS r
            LEFT JOIN zenith AS z USING (visit)
            LEFT JOIN lift AS l ON l.objectId = r.objectId AND l.band = r.band
            WHERE r.hpx29 >= $2 AND r.hpx29 < $3
        ) AS s
        CROSS JOIN LATERAL (
            SELECT
                h.raShift, h.decShift, s.ra - coalesce(h.raShift / s.cosDec, 0) AS ra,
                s.dec - coalesce(h.decShift, 0) AS decl
            FROM (
                SELECT
                    s.lift * (s.y * s.cosRa - s.x * s.sinRa) / d.depth AS raShift,
                    s.lift * (s.z * s.cosDec - d.inward * s.sinDec) / d.depth AS decShift
                FROM (
                    SELECT i.inward, i.inward * s.cosDec + s.z * s.sinDec AS depth
                    FROM (SELECT s.x * s.cosRa + s.y * s.sinRa AS inward) AS i
                ) AS d
            ) AS h
        ) AS p
        $query$,
        release_name,
        format(
            'SELECT DISTINCT s.objectId FROM %I.Source AS s WHERE s.hpx29 >= %s AND s.hpx29 < %s',
            release_name, lo, hi
        )
    ) USING sed_solution, lo, hi;
END
$$;

COMMENT ON FUNCTION calibration.unrefracted_positions(text, text, bigint, bigint) IS
    'One row per Source of a release with hpx29 in [lo, hi): its position [deg] without what the air does to its object''s spectrum more than to a G2V star''s, and that displacement [deg; raShift times cos(dec)], NULL where the spectrum is not known (the position is then the release''s). seds names a solution of kind sed (NULL: that of the release).';
