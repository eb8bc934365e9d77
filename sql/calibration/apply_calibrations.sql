-- Fills a release's Source and ForcedSource for one partition [lo, hi), and returns the number of rows.
-- requires: calibrate_forced_sources calibrate_sources
CREATE OR REPLACE FUNCTION calibration.apply_calibrations(release_name text, lo bigint, hi bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    RETURN calibration.calibrate_sources(release_name, lo, hi)
        + calibration.calibrate_forced_sources(release_name, lo, hi);
END
$$;

COMMENT ON FUNCTION calibration.apply_calibrations(text, bigint, bigint) IS
    'Fills a release''s Source (hpx29) and ForcedSource (objectId) for [lo, hi) from the raw rows: counts and pixels to nJy and degrees (LDM-151 8.25). Running it again gives the same.';
