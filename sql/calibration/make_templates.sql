-- Makes a grid of templates, a solution of kind template, from the library of spectra.
-- requires: bin_spectrum blend_stars redshift_spectrum require_new_solution
CREATE OR REPLACE FUNCTION calibration.make_templates(templates_name text DEFAULT 'library') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    grid_id bigint;
    written bigint;
BEGIN
    PERFORM calibration.require_new_solution(templates_name);
    IF NOT EXISTS (SELECT FROM calibration.Sed AS s WHERE s.kind IN ('star', 'whiteDwarf', 'galaxy', 'qso')) THEN
        RAISE EXCEPTION 'the library has no spectra of stars, white dwarfs, galaxies or QSOs'
            USING HINT = 'Load it with `skytract sed library`.';
    END IF;
    INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)
    SELECT
        templates_name, 'template', jsonb_build_object('spectra', count(*))::text,
        meta.code_version(), clock_timestamp()
    FROM calibration.Sed AS s
    WHERE s.kind IN ('star', 'whiteDwarf', 'galaxy', 'qso')
    RETURNING solutionId INTO grid_id;
    -- Numbers do not depend on the order of loading, nor on the language of the server.
    INSERT INTO calibration.Template (solutionId, templateId, name, kind, redshift, ebv, prior, fNu)
    SELECT
        grid_id,
        row_number() OVER (ORDER BY t.kind COLLATE "C", t.name COLLATE "C", t.redshift, t.ebv, t.binned),
        t.name, t.kind, t.redshift, t.ebv, t.weight / sum(t.weight) OVER (PARTITION BY t.kind), t.binned
    FROM (
        SELECT s.kind, s.name, r.redshift, 0::float8 AS ebv, 1::float8 AS weight, r.binned
        FROM calibration.Sed AS s
        CROSS JOIN LATERAL calibration.redshift_spectrum(s.kind, s.wavelength, s.fNu) AS r
        WHERE s.kind IN ('whiteDwarf', 'galaxy', 'qso')
        UNION ALL
        SELECT 'star', b.name, 0, b.ebv, b.weight, b.binned
        FROM (
            SELECT
                array_agg(s.name ORDER BY s.name COLLATE "C") AS names,
                array_agg(coalesce(s.source, '') ORDER BY s.name COLLATE "C") AS sources,
                string_agg(
                    calibration.bin_spectrum(s.wavelength, s.fNu, 0, 0), '' ORDER BY s.name COLLATE "C"
                ) AS f_nu
            FROM calibration.Sed AS s
            WHERE s.kind = 'star'
        ) AS a
        CROSS JOIN LATERAL calibration.blend_stars(a.names, a.sources, a.f_nu) AS b
    ) AS t;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.make_templates(text) IS
    'Makes a grid of templates from calibration.Sed, a new solution of kind template: stars and blends of neighbouring ones without and with dust, white dwarfs, galaxies and QSOs at redshifts. Returns the number of templates.';
