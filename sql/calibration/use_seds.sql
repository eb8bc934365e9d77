-- Names the SEDs that an open release is calibrated with, and returns the id of the solution.
-- requires: find_solution require_all_passbands seds_passbands
CREATE OR REPLACE FUNCTION calibration.use_seds(
    release_name text, sed_solution text, variable_sed_solution text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chosen bigint;
    variable_chosen bigint;
    passbands_id bigint;
BEGIN
    PERFORM meta.hold_release(release_name);
    IF sed_solution IS NOT NULL THEN
        chosen := calibration.find_solution('sed', sed_solution);
    END IF;
    IF variable_sed_solution IS NOT NULL THEN
        variable_chosen := calibration.find_solution('sed', variable_sed_solution);
        IF calibration.seds_passbands(chosen) <> calibration.seds_passbands(variable_chosen) THEN
            RAISE EXCEPTION 'the SEDs % and % are for different sets of passbands',
                quote_literal(sed_solution), quote_literal(variable_sed_solution)
                USING HINT = 'Make both for the same set.';
        END IF;
    END IF;
    passbands_id := calibration.seds_passbands(coalesce(chosen, variable_chosen));
    PERFORM calibration.require_all_passbands(passbands_id);
    UPDATE meta.Release AS r SET sedSolutionId = chosen, variableSedSolutionId = variable_chosen
    WHERE r.release = release_name;
    RETURN chosen;
END
$$;

REVOKE ALL ON FUNCTION calibration.use_seds(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION calibration.use_seds(text, text, text) TO skytract_manager;
COMMENT ON FUNCTION calibration.use_seds(text, text, text) IS
    'Names the SEDs (solutions of kind sed; NULL: none) that kappa of an open release is computed for: of Objects, and of what varies, for difference fluxes; run the stages again after a change.';
