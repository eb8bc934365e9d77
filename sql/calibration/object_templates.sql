-- The templates that an object's spectrum is a mixture of: their weights, and their ten numbers in each band.
-- requires: find_solution project_bands recorded_sed
CREATE OR REPLACE FUNCTION calibration.object_templates(object_id bigint, seds text DEFAULT NULL)
RETURNS TABLE (
    templateId integer, weight float8, band text,
    g1 float8, g2 float8, g3 float8, g4 float8, g5 float8,
    g6 float8, g7 float8, g8 float8, g9 float8, g10 float8
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 60 COST 100000
AS $$
DECLARE
    known record;
    settings jsonb;
    grid_id bigint;
    set_id bigint;
BEGIN
    known := calibration.recorded_sed(object_id, seds);
    SELECT s.parameters::jsonb INTO settings FROM calibration.Solution AS s WHERE s.solutionId = known.solutionId;
    grid_id := calibration.find_solution('template', settings ->> 'templates');
    set_id := calibration.find_solution('passband', settings ->> 'passbands');
    RETURN QUERY
    SELECT
        p.templateId, p.weight, p.bands[n],
        p.g[n][1], p.g[n][2], p.g[n][3], p.g[n][4], p.g[n][5],
        p.g[n][6], p.g[n][7], p.g[n][8], p.g[n][9], p.g[n][10]
    FROM (
        SELECT t.templateId, m.weight::float8 / sum(m.weight::float8) OVER () AS weight, b.bands, n.g
        FROM unnest(known.templateId, known.weight) AS m (templateId, weight)
        JOIN calibration.Template AS t ON t.solutionId = grid_id AND t.templateId = m.templateId
        CROSS JOIN (
            SELECT
                array_agg(a.band) AS bands, array_agg(a.standard) AS standard,
                array_agg(a.support) AS support, array_agg(a.curves) AS curves
            FROM calibration.PassbandBasis AS a WHERE a.solutionId = set_id
        ) AS b
        CROSS JOIN LATERAL calibration.project_bands(t.fNu, b.standard, b.support, b.curves) AS n
        WHERE m.weight > 0
        OFFSET 0
    ) AS p
    CROSS JOIN generate_subscripts(p.bands, 1) AS n;
END
$$;

COMMENT ON FUNCTION calibration.object_templates(bigint, text) IS
    'A row per template and band of the mixture that a solution of kind sed (name; NULL: the newest) records for an object: its weight, of sum 1, which is its probability, and ten numbers for calibration.chromatic_factor in the solution''s passbands. No rows for objects without templates (methods flat and spline).';
