-- AB flux [nJy] of a reference star in a band (u g r i z y); NULL if the catalog has none.
CREATE OR REPLACE FUNCTION calibration.reference_flux(star raw.ReferenceStar, band_name text) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE band_name
    WHEN 'u' THEN (star).u_flux
    WHEN 'g' THEN (star).g_flux
    WHEN 'r' THEN (star).r_flux
    WHEN 'i' THEN (star).i_flux
    WHEN 'z' THEN (star).z_flux
    WHEN 'y' THEN (star).y_flux
END;

COMMENT ON FUNCTION calibration.reference_flux(raw.ReferenceStar, text) IS
    'AB flux [nJy] of a reference star in a band (u g r i z y); NULL if the catalog has none.';
