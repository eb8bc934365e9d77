-- Raises a full sentence unless bands, a signal-to-noise ratio and a distance can select the stars of a joint fit.
CREATE OR REPLACE FUNCTION calibration.require_star_selection(
    bands text[] DEFAULT '{u,g,r,i,z,y}', min_snr float8 DEFAULT 50, isolation_arcsec float8 DEFAULT 2
) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF (bands <@ '{u,g,r,i,z,y}' AND cardinality(bands) > 0
        AND cardinality(bands) = (SELECT count(DISTINCT b) FROM unnest(bands) AS b) AND min_snr >= 0 AND min_snr < 'Infinity'
        AND isolation_arcsec BETWEEN 0.001 AND 60) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'bands are %, min_snr is %, isolation_arcsec %', bands, min_snr, isolation_arcsec
            USING HINT = 'Give bands of u g r i z y, each once, a signal-to-noise ratio, 50 is usual, and 0.001 to 60 arcsec, 2 is usual.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_star_selection(text[], float8, float8) IS
    'Raises a full sentence unless calibration.select_calibration_stars can take these bands, mean signal-to-noise ratio of a star in a band, and distance [arcsec] within which it is alone.';
