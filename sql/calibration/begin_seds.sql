-- Enters a new solution of kind sed, whose spectra are mixtures of a grid of templates, for a set of observed passbands.
-- requires: find_solution require_new_solution
CREATE OR REPLACE FUNCTION calibration.begin_seds(
    solution_name text, templates text DEFAULT NULL, passbands text DEFAULT NULL,
    psf_seds text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    grid_id bigint := calibration.find_solution('template', templates);
    set_id bigint := calibration.find_solution('passband', passbands);
    psf_id bigint := CASE WHEN psf_seds IS NOT NULL THEN calibration.find_solution('sed', psf_seds) END;
    new_solution bigint;
BEGIN
    PERFORM calibration.require_new_solution(solution_name);
    IF psf_id IS NOT NULL AND (
        SELECT s.parameters::jsonb ->> 'templates' FROM calibration.Solution AS s WHERE s.solutionId = psf_id
    ) <> (SELECT s.name FROM calibration.Solution AS s WHERE s.solutionId = grid_id) THEN
        RAISE EXCEPTION 'the SEDs % of PSF measurements are mixtures of other templates', quote_literal(psf_seds)
            USING HINT = 'Infer with the templates that its row of calibration.Solution names, so that records can be compared.';
    END IF;
    INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)
    SELECT
        solution_name, 'sed', jsonb_build_object('templates', g.name, 'passbands', p.name, 'psfSeds', psf_id)::text,
        meta.code_version(), clock_timestamp()
    FROM calibration.Solution AS g
    CROSS JOIN calibration.Solution AS p
    WHERE g.solutionId = grid_id AND p.solutionId = set_id
    RETURNING solutionId INTO new_solution;
    RETURN new_solution;
END
$$;

COMMENT ON FUNCTION calibration.begin_seds(text, text, text, text) IS
    'Enters a new solution of kind sed and returns its id: spectra of objects as mixtures of a grid of templates (name; NULL: the newest), with their numbers for a set of observed passbands (name; NULL: the newest). psf_seds names the solution whose spectra PSF-dependent measurements took (NULL: flat ones).';
