-- One row per template of a solution of kind sed and band: its mean flux, and how much more the air lifts it than a G2V star.
-- requires: find_solution library_sed mean_refractions
CREATE OR REPLACE FUNCTION calibration.template_refractions(sed_solution bigint)
RETURNS TABLE (templateId integer, band text, flux float8, lift float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10000
AS $$
SELECT t.ids[r.spectrum], p.bands[r.passband], r.flux, r.lift - g.lift
FROM (
    SELECT s.parameters::jsonb AS settings
    FROM calibration.Solution AS s WHERE s.solutionId = template_refractions.sed_solution
) AS s
CROSS JOIN LATERAL (
    SELECT array_agg(b.band ORDER BY b.band) AS bands, string_agg(b.standard, '' ORDER BY b.band) AS standards
    FROM calibration.PassbandBasis AS b
    WHERE b.solutionId = calibration.find_solution('passband', s.settings ->> 'passbands')
) AS p
CROSS JOIN LATERAL (
    SELECT array_agg(m.templateId ORDER BY m.templateId) AS ids, string_agg(m.fNu, '' ORDER BY m.templateId) AS f_nu
    FROM calibration.Template AS m
    WHERE m.solutionId = calibration.find_solution('template', s.settings ->> 'templates')
) AS t
CROSS JOIN LATERAL calibration.mean_refractions(t.f_nu, p.standards) AS r
JOIN LATERAL calibration.mean_refractions(calibration.library_sed('pickles1998_G2V'), p.standards) AS g USING (passband)
$$;

COMMENT ON FUNCTION calibration.template_refractions(bigint) IS
    'A row per template of a solution of kind sed (its id) and band: mean flux in the standard passband, and refraction less that of a G2V star [mas per tangent of the zenith distance, toward the zenith].';
