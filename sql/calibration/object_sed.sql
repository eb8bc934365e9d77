-- The spectrum an object was calibrated with, rebuilt from its record, as calibration.kappa takes it.
-- requires: find_solution rebuild_sed recorded_sed
CREATE OR REPLACE FUNCTION calibration.object_sed(object_id bigint, seds text DEFAULT NULL) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
AS $$
DECLARE
    known record;
    settings jsonb;
    f_nu bytea;
    bands text;
    standards bytea;
BEGIN
    known := calibration.recorded_sed(object_id, seds);
    SELECT s.parameters::jsonb INTO settings FROM calibration.Solution AS s WHERE s.solutionId = known.solutionId;
    SELECT string_agg(t.fNu, '' ORDER BY u.n) INTO f_nu
    FROM unnest(known.templateId) WITH ORDINALITY AS u (template, n)
    JOIN calibration.Template AS t ON t.templateId = u.template
    WHERE t.solutionId = calibration.find_solution('template', settings ->> 'templates');
    SELECT
        string_agg(b.band, '' ORDER BY position(b.band IN 'ugrizy')),
        string_agg(b.standard, '' ORDER BY position(b.band IN 'ugrizy'))
    INTO bands, standards
    FROM calibration.PassbandBasis AS b
    WHERE b.solutionId = calibration.find_solution('passband', settings ->> 'passbands');
    RETURN calibration.rebuild_sed(
        known.method, known.weight, f_nu, known.referenceBand, known.colour, bands, standards);
END
$$;

COMMENT ON FUNCTION calibration.object_sed(bigint, text) IS
    'The spectrum of an object that a solution of kind sed (name; NULL: the newest) records, rebuilt, as the bytes that calibration.kappa takes.';
