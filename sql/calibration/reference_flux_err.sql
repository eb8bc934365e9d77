-- Error [nJy, 1 sigma] of the flux of a reference star in a band (u g r i z y); NULL if the catalog has none.
CREATE OR REPLACE FUNCTION calibration.reference_flux_err(star raw.ReferenceStar, band_name text) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE band_name
    WHEN 'u' THEN (star).u_fluxErr
    WHEN 'g' THEN (star).g_fluxErr
    WHEN 'r' THEN (star).r_fluxErr
    WHEN 'i' THEN (star).i_fluxErr
    WHEN 'z' THEN (star).z_fluxErr
    WHEN 'y' THEN (star).y_fluxErr
END;

COMMENT ON FUNCTION calibration.reference_flux_err(raw.ReferenceStar, text) IS
    '1-sigma error [nJy] of the flux of a reference star in a band (u g r i z y); NULL if the catalog has none.';
