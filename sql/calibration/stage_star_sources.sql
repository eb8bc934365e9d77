-- Makes a table, pg_temp.photometry_source, of the view pg_temp.calibration_star_source; returns its rows.
CREATE OR REPLACE FUNCTION calibration.stage_star_sources() RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- As in calibration.select_calibration_stars.
SET enable_nestloop = off
SET enable_mergejoin = off
SET work_mem = '384MB'
AS $$
DECLARE
    staged bigint;
BEGIN
    CREATE TEMPORARY TABLE photometry_source ON COMMIT DROP AS
    SELECT s.* FROM pg_temp.calibration_star_source AS s;
    GET DIAGNOSTICS staged = ROW_COUNT;
    ANALYZE pg_temp.photometry_source;
    RETURN staged;
END
$$;

COMMENT ON FUNCTION calibration.stage_star_sources() IS
    'A working step of calibration.fit_joint_photometry: the detections of its stars as a table, which is read for every band; returns their number.';
