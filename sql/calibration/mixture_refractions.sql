-- One row per object and band: how much more the air lifts it than a G2V star, by the mixture of templates of its record.
--
-- objects is a query of one column of ids. Objects whose record has no templates have no rows.
-- requires: template_refractions
CREATE OR REPLACE FUNCTION calibration.mixture_refractions(sed_solution bigint, objects text)
RETURNS TABLE (objectId bigint, band text, lift float8)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
-- A solution made a moment ago is in no statistics: its many rows would be taken for one.
SET enable_nestloop = off
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        $query$
        WITH refraction AS MATERIALIZED (SELECT r.* FROM calibration.template_refractions($1) AS r)
        SELECT m.objectId, r.band, sum(m.part * r.flux * r.lift) / sum(m.part * r.flux)
        FROM (
            -- Weights are those of spectra of the same flux in the reference band; one that was stated has none.
            SELECT p.objectId, p.templateId, p.weight / coalesce(f.flux, 1) AS part
            FROM (
                SELECT o.objectId, o.referenceBand, unnest(o.templateId) AS templateId, unnest(o.weight)::float8 AS weight
                FROM calibration.ObjectSed AS o
                WHERE o.solutionId = $1 AND o.templateId IS NOT NULL AND o.objectId IN (%s)
            ) AS p
            LEFT JOIN refraction AS f ON f.templateId = p.templateId AND f.band = p.referenceBand
        ) AS m
        JOIN refraction AS r USING (templateId)
        GROUP BY m.objectId, r.band
        $query$,
        objects
    ) USING sed_solution;
END
$$;

COMMENT ON FUNCTION calibration.mixture_refractions(bigint, text) IS
    'A row per object (objects: a query of ids) and band: refraction less that of a G2V star [mas per tangent of the zenith distance, toward the zenith], by the spectrum that a solution of kind sed (its id) records.';
