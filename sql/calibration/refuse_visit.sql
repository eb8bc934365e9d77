-- Raises a full sentence: a visit and detector has no passband, or no zero point.
CREATE OR REPLACE FUNCTION calibration.refuse_visit(visit bigint, detector integer) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RAISE EXCEPTION 'visit %, detector % has no passband in the set, or no zero point in the solution', visit, detector
        USING HINT = 'SELECT name, kind FROM calibration.Solution lists those there are: name others with solution => and passbands =>, or make them (`skytract sed passbands`), or leave the band out: bands => ''{...}''.';
END
$$;

COMMENT ON FUNCTION calibration.refuse_visit(bigint, integer) IS
    'Raises an error with the remedy: this visit and detector has no passband, or no zero point.';
