-- How much more the air lifts the stars of pg_temp.photometry_star than a G2V star, in pg_temp.star_refraction.
--
-- By the mixtures of templates that a solution of kind sed records for them; no rows for NULL.
-- requires: find_solution library_sed mean_refractions
CREATE OR REPLACE FUNCTION calibration.stage_refraction(sed_solution bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- A solution made a moment ago is in no statistics: its many rows would be taken for one.
SET enable_nestloop = off
AS $$
DECLARE
    settings jsonb;
    template_solution bigint;
    bands text[];
    standards bytea;
    known bigint;
BEGIN
    CREATE TEMPORARY TABLE star_refraction (number bigint, band text, lift float8) ON COMMIT DROP;
    IF sed_solution IS NULL THEN
        RETURN 0;
    END IF;
    SELECT s.parameters::jsonb INTO settings FROM calibration.Solution AS s WHERE s.solutionId = sed_solution;
    template_solution := calibration.find_solution('template', settings ->> 'templates');
    SELECT array_agg(b.band ORDER BY b.band), string_agg(b.standard, '' ORDER BY b.band) INTO bands, standards
    FROM calibration.PassbandBasis AS b
    WHERE b.solutionId = calibration.find_solution('passband', settings ->> 'passbands');

    CREATE TEMPORARY TABLE template_refraction ON COMMIT DROP AS
    SELECT t.ids[r.spectrum] AS templateId, bands[r.passband] AS band, r.flux, r.lift - g.lift AS lift
    FROM (
        SELECT array_agg(m.templateId ORDER BY m.templateId) AS ids, string_agg(m.fNu, '' ORDER BY m.templateId) AS f_nu
        FROM calibration.Template AS m
        WHERE m.solutionId = template_solution
    ) AS t
    CROSS JOIN LATERAL calibration.mean_refractions(t.f_nu, standards) AS r
    JOIN calibration.mean_refractions(calibration.library_sed('pickles1998_G2V'), standards) AS g USING (passband);
    ANALYZE pg_temp.template_refraction;

    INSERT INTO pg_temp.star_refraction (number, band, lift)
    SELECT m.number, r.band, sum(m.weight / f.flux * r.flux * r.lift) / sum(m.weight / f.flux * r.flux)
    FROM (
        SELECT s.number, o.referenceBand, unnest(o.templateId) AS templateId, unnest(o.weight)::float8 AS weight
        FROM pg_temp.photometry_star AS s
        JOIN calibration.ObjectSed AS o ON o.solutionId = sed_solution AND o.objectId = s.star
        WHERE o.templateId IS NOT NULL
    ) AS m
    JOIN pg_temp.template_refraction AS r USING (templateId)
    -- Weights are those of spectra of the same flux in the reference band.
    JOIN pg_temp.template_refraction AS f ON f.templateId = m.templateId AND f.band = m.referenceBand
    GROUP BY m.number, r.band;
    GET DIAGNOSTICS known = ROW_COUNT;
    ANALYZE pg_temp.star_refraction;
    DROP TABLE pg_temp.template_refraction;
    RETURN known;
END
$$;

COMMENT ON FUNCTION calibration.stage_refraction(bigint) IS
    'A working step of calibration.fit_joint_astrometry: refraction of its stars against a G2V star [mas per tangent of the zenith distance] by a solution of kind sed (its id), by star and band; returns the number of rows.';
