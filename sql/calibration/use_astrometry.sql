-- Names the astrometric solution that positions of an open release are made with, and returns its id.
-- requires: find_solution
CREATE OR REPLACE FUNCTION calibration.use_astrometry(release_name text, solution_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    chosen bigint;
BEGIN
    PERFORM meta.hold_release(release_name);
    IF solution_name IS NOT NULL THEN
        chosen := calibration.find_solution('astrometry', solution_name);
    END IF;
    UPDATE meta.Release AS r SET astrometrySolutionId = chosen WHERE r.release = release_name;
    RETURN chosen;
END
$$;

REVOKE ALL ON FUNCTION calibration.use_astrometry(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION calibration.use_astrometry(text, text) TO skytract_manager;
COMMENT ON FUNCTION calibration.use_astrometry(text, text) IS
    'Names the astrometric solution (NULL: the WCS as loaded) that positions of an open release are made with; run the stages again after a change.';
