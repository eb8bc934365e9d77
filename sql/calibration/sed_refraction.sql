-- One row per band: how much more the air lifts a source of a spectrum than a G2V star, per tangent of the zenith distance.
--
-- What does not cover a band is refused, as by calibration.kappa.
-- requires: find_solution library_sed mean_refractions sed_coefficients
CREATE OR REPLACE FUNCTION calibration.sed_refraction(
    sed bytea, passbands text DEFAULT NULL, reference text DEFAULT 'pickles1998_G2V', bands text[] DEFAULT NULL
) RETURNS TABLE (band text, lift float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 6
AS $$
SELECT p.bands[r.passband], r.lift - g.lift
FROM (
    SELECT array_agg(b.band ORDER BY b.band) AS bands, string_agg(b.standard, '' ORDER BY b.band) AS standards
    FROM calibration.PassbandBasis AS b
    WHERE b.solutionId = calibration.find_solution('passband', sed_refraction.passbands)
) AS p
CROSS JOIN LATERAL calibration.mean_refractions(sed_refraction.sed, p.standards) AS r
JOIN LATERAL calibration.mean_refractions(calibration.library_sed(sed_refraction.reference), p.standards) AS g
    USING (passband)
JOIN calibration.sed_coefficients(sed_refraction.sed, sed_refraction.passbands, sed_refraction.bands) AS covered
    ON covered.band = p.bands[r.passband]
$$;

COMMENT ON FUNCTION calibration.sed_refraction(bytea, text, text, text[]) IS
    'One row per band: refraction of a spectrum (calibration.sed) less that of an SED of the library (its name; a G2V star is what WCS are made for) [mas per tangent of the zenith distance, toward the zenith]. passbands names a set of observed passbands (NULL: the newest).';
