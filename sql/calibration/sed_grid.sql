-- What spectra of a solution are made of, packed for Python: its templates, and its passbands in the order u g r i z y.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.sed_grid(
    solution_id bigint,
    OUT template_id bytea, OUT kind bytea, OUT prior bytea, OUT f_nu bytea,
    OUT bands text, OUT standards bytea, OUT curves bytea
)
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    settings jsonb;
BEGIN
    SELECT s.parameters::jsonb INTO STRICT settings
    FROM calibration.Solution AS s WHERE s.solutionId = solution_id AND s.kind = 'sed';
    SELECT
        sky.array_bytes(array_agg(t.templateId::bigint ORDER BY t.templateId)),
        sky.array_bytes(array_agg(
            array_position('{star,whiteDwarf,galaxy,qso}', t.kind)::bigint - 1 ORDER BY t.templateId)),
        sky.array_bytes(array_agg(t.prior ORDER BY t.templateId)),
        string_agg(t.fNu, '' ORDER BY t.templateId)
    INTO template_id, kind, prior, f_nu
    FROM calibration.Template AS t
    WHERE t.solutionId = calibration.find_solution('template', settings ->> 'templates');
    SELECT
        string_agg(b.band, '' ORDER BY position(b.band IN 'ugrizy')),
        string_agg(b.standard, '' ORDER BY position(b.band IN 'ugrizy')),
        string_agg(b.curves, '' ORDER BY position(b.band IN 'ugrizy'))
    INTO bands, standards, curves
    FROM calibration.PassbandBasis AS b
    WHERE b.solutionId = calibration.find_solution('passband', settings ->> 'passbands');
END
$$;

COMMENT ON FUNCTION calibration.sed_grid(bigint) IS
    'Templates and passbands of a solution of kind sed, packed for Python: ids, kinds and priors as images of arrays (sky.array_bytes), curves one after the other.';
