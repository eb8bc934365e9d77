-- The spectra of a batch of objects from their fluxes: what calibration.ObjectSed and ObjectChrom hold, a row for each.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: infer_packed_seds
CREATE OR REPLACE FUNCTION calibration.inferred_seds(
    flux bytea, flux_err bytea, extent bytea, coefficient bytea, given bytea,
    template_id bytea, kind bytea, prior bytea, f_nu bytea, bands text, standards bytea, curves bytea
) RETURNS TABLE (
    place bigint, method text, templateId integer[], weight real[], referenceBand text,
    colour real[], colourErr real[], chi2 real, nBand integer, g real[]
)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20000 COST 1000000
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    u.place, ('{flat,posterior,spline,given}'::text[])[u.method + 1],
    CASE WHEN u.method IN (1, 3) THEN sky.bytes_array(
        substr(p.template, ((u.place - 1) * p.k + 1)::integer, p.k), NULL::integer[]) END,
    CASE WHEN u.method IN (1, 3) THEN sky.bytes_array(
        substr(p.weight, ((u.place - 1) * p.k + 1)::integer, p.k), NULL::real[]) END,
    nullif(substr('ugrizy', u.reference, 1), ''),
    CASE WHEN u.nBand > 0 THEN sky.bytes_array(
        substr(p.colour, ((u.place - 1) * 44 + 1)::integer, 44), NULL::real[]) END,
    CASE WHEN u.nBand > 0 THEN sky.bytes_array(
        substr(p.error, ((u.place - 1) * 44 + 1)::integer, 44), NULL::real[]) END,
    nullif(u.chi2, 'NaN'), u.nBand,
    CASE WHEN u.method > 0 THEN sky.bytes_array(
        substr(p.g, ((u.place - 1) * 260 + 1)::integer, 260), NULL::real[]) END
FROM (
    SELECT
        i.method, i.reference, i.chi2, i.n_band, i.template, i.weight, i.colour, i.error, i.g,
        4 * octet_length(i.template) / (octet_length(i.method) - 20) AS k
    FROM calibration.infer_packed_seds(
        flux, flux_err, extent, coefficient, given, template_id, kind, prior, f_nu, bands, standards, curves
    ) AS i
    OFFSET 0
) AS p
CROSS JOIN LATERAL ROWS FROM (
    unnest(sky.bytes_array(p.method, NULL::integer[])),
    unnest(sky.bytes_array(p.reference, NULL::integer[])),
    unnest(sky.bytes_array(p.chi2, NULL::real[])),
    unnest(sky.bytes_array(p.n_band, NULL::integer[]))
) WITH ORDINALITY AS u (method, reference, chi2, nBand, place);
END;

COMMENT ON FUNCTION calibration.inferred_seds(
    bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, bytea, text, bytea, bytea
) IS
    'Infers the spectra of objects from fluxes and errors (float8, n x 6 in u g r i z y), extents (bigint: 0 unknown, 1 point, 2 extended), for two passes mean coefficients of the observed passbands (float8, n x 60), or given ids of templates, all as images of arrays, and a calibration.sed_grid. A row for each object, by its place.';
