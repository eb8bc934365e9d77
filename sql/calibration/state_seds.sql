-- Records spectra of objects that are known, as templates of a grid, in a new solution of kind sed.
-- requires: begin_seds find_solution require_free_tables store_seds
CREATE OR REPLACE FUNCTION calibration.state_seds(
    solution_name text, object_ids bigint[], template_ids integer[],
    templates text DEFAULT NULL, passbands text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    unknown integer;
BEGIN
    IF (cardinality(object_ids) = cardinality(template_ids) AND cardinality(object_ids) > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'there are % objects and % templates',
            coalesce(cardinality(object_ids), 0), coalesce(cardinality(template_ids), 0)
            USING HINT = 'Give one template for each object, of one object or more.';
    END IF;
    SELECT u.template INTO unknown
    FROM unnest(template_ids) AS u (template)
    WHERE NOT EXISTS (
        SELECT FROM calibration.Template AS t
        WHERE t.solutionId = calibration.find_solution('template', templates) AND t.templateId = u.template)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the grid has no template %', coalesce(unknown::text, 'NULL')
            USING HINT = 'SELECT templateId, name, redshift, ebv FROM calibration.Template lists them.';
    END IF;
    PERFORM calibration.require_free_tables('{sed_flux}');
    PERFORM calibration.begin_seds(solution_name, templates, passbands);
    CREATE TEMPORARY TABLE sed_flux ON COMMIT DROP AS
    SELECT
        u.object AS objectId, 0::bigint AS extent,
        array_fill('NaN'::float8, '{6}') AS flux, array_fill('NaN'::float8, '{6}') AS fluxErr,
        NULL::float8[] AS coefficient, u.template::bigint AS given
    FROM unnest(object_ids, template_ids) AS u (object, template);
    RETURN calibration.store_seds(calibration.find_solution('sed', solution_name));
END
$$;

COMMENT ON FUNCTION calibration.state_seds(text, bigint[], integer[], text, text) IS
    'Records spectra of objects that are known, e.g. from spectroscopy, as templates of a grid (calibration.Template.templateId), in a new solution of kind sed; returns their number. templates and passbands are names (NULL: the newest).';
