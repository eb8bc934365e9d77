-- Warns in a full sentence if forced fluxes of a stretch belong to objects that the release's SEDs do not have.
CREATE OR REPLACE FUNCTION calibration.warn_without_sed(release_name text, lo bigint, hi bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    seds calibration.Solution;
    counted record;
BEGIN
    SELECT s.* INTO seds
    FROM meta.Release AS r JOIN calibration.Solution AS s ON s.solutionId = r.sedSolutionId
    WHERE r.release = release_name;
    IF seds.solutionId IS NULL THEN
        RETURN;
    END IF;
    SELECT sum(d.n) AS all_rows, sum(d.n) FILTER (WHERE s.objectId IS NULL) AS without INTO counted
    FROM (
        SELECT f.objectId, count(*) AS n
        FROM raw.ForcedSource AS f
        WHERE f.objectId >= lo AND f.objectId < hi
        GROUP BY f.objectId
        OFFSET 0
    ) AS d
    -- By the primary key, whatever the statistics say (see calibration.stage_chrom).
    LEFT JOIN LATERAL (
        SELECT o.objectId FROM calibration.ObjectSed AS o
        WHERE o.solutionId = seds.solutionId AND o.objectId = d.objectId
        OFFSET 0
    ) AS s ON true;
    IF counted.without > 0 THEN
        RAISE WARNING '% of % rows of ForcedSource with objectId from % to % have no SED in the solution %: their kappa is 1',
            counted.without, counted.all_rows, lo, hi, quote_literal(seds.name)
            USING HINT = '`skytract calibrate seds` infers those of the release''s Objects, calibration.state_seds records others. Fluxes forced at objects of elsewhere, as those of a simulated survey, have the ids of those.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.warn_without_sed(text, bigint, bigint) IS
    'A step of the stages that calibrate: a warning with the number of raw forced fluxes with objectId in [lo, hi) whose object has no spectrum in the release''s solution of kind sed, if it names one.';
