-- Raises a sentence unless a radius [arcsec] and an epoch [MJD TAI, or NULL] can be matched with.
CREATE OR REPLACE FUNCTION sky.require_match(radius_arcsec double precision, epoch double precision) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF (radius_arcsec > 0.0 AND radius_arcsec <= 648000.0) IS NOT TRUE THEN
        RAISE EXCEPTION 'the radius is % arcsec', radius_arcsec
            USING HINT = 'Give more than 0 and at most 648000 arcsec (180 deg); 0.5 to 1 is usual.';
    END IF;
    -- The year 1886 and later: an epoch in years, or a Julian date, is noticed.
    IF NOT epoch BETWEEN 10000 AND 1e6 THEN
        RAISE EXCEPTION 'the epoch is %', epoch
            USING HINT = 'Give a modified Julian date (TAI) of 10000 or later, like 60676 for the beginning of 2025; no year, no Julian date.';
    END IF;
END
$$;

COMMENT ON FUNCTION sky.require_match(double precision, double precision) IS
    'Refuses a radius that is not within (0, 648000] arcsec, and an epoch that is no modified Julian date.';
