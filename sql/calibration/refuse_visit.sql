-- Raises a full sentence: a visit and detector has no passband.
CREATE OR REPLACE FUNCTION calibration.refuse_visit(visit bigint, detector integer) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RAISE EXCEPTION 'visit %, detector % has no passband in the set', visit, detector
        USING HINT = 'Make a set of all visits with `skytract sed passbands`, or name another one with passbands =>; SELECT name FROM calibration.Solution WHERE kind = ''passband'' lists those there are. calibration.recalibrate can also leave a band out: bands => ''{...}''.';
END
$$;

COMMENT ON FUNCTION calibration.refuse_visit(bigint, integer) IS
    'Raises an error with the remedy: this visit and detector has no passband.';
