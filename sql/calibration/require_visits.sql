-- Raises a full sentence if a visit and detector has no passband for a release's SEDs; warns of those without zero point or WCS.
--
-- Visits may have come after the solutions of the release were made.
-- requires: require_all_passbands seds_passbands
CREATE OR REPLACE FUNCTION calibration.require_visits(release_name text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    named meta.Release;
    lacking record;
BEGIN
    SELECT r.* INTO named FROM meta.Release AS r WHERE r.release = release_name;
    PERFORM calibration.require_all_passbands(
        calibration.seds_passbands(coalesce(named.sedSolutionId, named.variableSedSolutionId)));
    FOR lacking IN
        SELECT
            s.kind, s.name, count(*) AS n,
            (array_agg(format('visit %s, detector %s', d.visit, d.detector) ORDER BY d.visit, d.detector))[1] AS first
        FROM calibration.Solution AS s
        CROSS JOIN raw.VisitDetector AS d
        LEFT JOIN calibration.PhotoCalib AS p
            ON p.solutionId = named.solutionId AND p.visit = d.visit AND p.detector = d.detector
        LEFT JOIN calibration.WcsCalib AS w
            ON w.solutionId = named.astrometrySolutionId AND w.visit = d.visit AND w.detector = d.detector
        WHERE (s.solutionId = named.solutionId AND p.visit IS NULL)
            OR (s.solutionId = named.astrometrySolutionId AND w.visit IS NULL)
        GROUP BY s.kind, s.name ORDER BY s.kind
    LOOP
        RAISE WARNING '% visit-detectors have no % in the solution %, the first is %: %',
            lacking.n, CASE lacking.kind WHEN 'photometry' THEN 'zero point' ELSE 'WCS' END,
            quote_literal(lacking.name), lacking.first,
            CASE lacking.kind WHEN 'photometry' THEN 'their fluxes are NULL' ELSE 'positions there are as loaded, without errors' END
            USING HINT = format('If they have come since, fit again (`skytract calibrate %s`) and name that solution. Others are not tied to the reference catalog by any star.', lacking.kind);
    END LOOP;
END
$$;

COMMENT ON FUNCTION calibration.require_visits(text) IS
    'Raises a full sentence if a visit and detector that is loaded has no passband in the set of a release''s SEDs; warnings with numbers of those that have no zero point or WCS in its solutions.';
