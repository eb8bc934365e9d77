-- Warns in a full sentence that a visit and detector has no zero point, once in a statement; returns NULL.
CREATE OR REPLACE FUNCTION calibration.warn_visit(visit bigint, detector integer) RETURNS float8
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF current_setting('skytract.warned', true) IS DISTINCT FROM statement_timestamp()::text THEN
        PERFORM set_config('skytract.warned', statement_timestamp()::text, true);
        RAISE WARNING 'visit %, detector % has no zero point in the solution: fluxes of such detectors are NULL',
            visit, detector
            USING HINT = 'SELECT name FROM calibration.Solution WHERE kind = ''photometry'' lists the solutions there are; name one with solution =>.';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION calibration.warn_visit(bigint, integer) IS
    'NULL for the zero point that this visit and detector lacks; raises a warning with the remedy, the first time in a statement.';
