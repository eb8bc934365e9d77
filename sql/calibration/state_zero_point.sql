-- Writes a new solution with one stated zero point [AB mag of one count] for every visit-detector.
-- requires: require_new_solution
CREATE OR REPLACE FUNCTION calibration.state_zero_point(solution_name text, zero_point float8) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    new_solution bigint;
    written bigint;
BEGIN
    PERFORM calibration.require_new_solution(solution_name);
    IF (zero_point BETWEEN 0 AND 50) IS NOT TRUE THEN
        RAISE EXCEPTION 'the zero point is % mag', zero_point
            USING HINT = 'Give the AB magnitude of one count; 31.4 means that counts are nJy.';
    END IF;
    INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)
    VALUES (
        solution_name, 'photometry', jsonb_build_object('zero_point', zero_point)::text,
        meta.code_version(), clock_timestamp()
    )
    RETURNING solutionId INTO new_solution;
    INSERT INTO calibration.PhotoCalib (
        solutionId, visit, detector, band, zMean, zErr, zeroPoint, zeroPointErr,
        colourTerm, colour, rms, nStar, meanChrom
    )
    SELECT
        new_solution, d.visit, d.detector, d.band, 10 ^ (0.4 * (31.4 - zero_point)), 0, zero_point, 0,
        0, 'none', 0, 0, 0
    FROM raw.VisitDetector AS d;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.state_zero_point(text, float8) IS
    'Writes a new solution with one stated zero point [AB magnitude of one count] for every visit-detector, for counts that are calibrated already; 31.4 means counts are nJy.';
