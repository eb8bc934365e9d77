-- Fits all zero points of a survey together, and writes them as a new named solution (LDM-151 8.14.3).
--
-- Clean stars of the match groups (select_calibration_stars) agree with themselves as well as they can,
-- band by band: zero points per visit and detector, a star flat per detector, and every star's own flux.
-- Reference stars (moved by their proper motion to each star's own time) say where zero is; their fluxes
-- are of the survey's own passbands. With seds (a solution of kind sed) counts are brought to the
-- standard passband first, and stars without SED are left out; without, every star has a flat spectrum. A part of the
-- stars is held out: the scatter of their bright measurements is reported. Images that no common star
-- ties to a reference star get no zero point and are named in a warning.
-- requires: find_solution fit_band_photometry locate_calibration_stars require_free_tables require_new_solution require_reference_catalog select_calibration_stars stage_star_sources write_calibration_stars
CREATE OR REPLACE FUNCTION calibration.fit_joint_photometry(
    solution_name text, groups text, reference_catalog text, bands text[] DEFAULT '{u,g,r,i,z,y}',
    seds text DEFAULT NULL, star_flats boolean DEFAULT true, min_snr float8 DEFAULT 50,
    isolation_arcsec float8 DEFAULT 2, radius_arcsec float8 DEFAULT 0.5, held_out float8 DEFAULT 0.1
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- A foreign key is checked by a query for every row: planned each time, it would take longer than all the rest of a row.
SET plan_cache_mode = auto
AS $$
DECLARE
    band_name text;
    sed_solution bigint;
    passband_solution bigint;
    passbands text;
    new_solution bigint;
    fitted bigint;
    missing text;
    report jsonb := '{}';
BEGIN
    PERFORM calibration.require_new_solution(solution_name);
    IF (held_out BETWEEN 0 AND 0.5 AND radius_arcsec BETWEEN 0.001 AND 60) IS NOT TRUE THEN
        RAISE EXCEPTION 'held_out is %, radius_arcsec %', held_out, radius_arcsec
            USING HINT = 'Give the part of the stars that take no part in the fit, 0 to 0.5, and 0.001 to 60 arcsec.';
    END IF;
    PERFORM calibration.require_reference_catalog(reference_catalog);
    IF seds IS NOT NULL THEN
        sed_solution := calibration.find_solution('sed', seds);
        SELECT s.parameters::jsonb ->> 'passbands' INTO passbands
        FROM calibration.Solution AS s WHERE s.solutionId = sed_solution;
        passband_solution := calibration.find_solution('passband', passbands);
    END IF;
    PERFORM calibration.require_free_tables(ARRAY[
        'photometry_source', 'photometry_image', 'photometry_anchor', 'photometry_result', 'photometry_flat',
        'photometry_star_flux', 'photometry_chrom', 'photometry_passband'
    ]);
    PERFORM calibration.select_calibration_stars(groups, bands, min_snr, isolation_arcsec);
    PERFORM calibration.stage_star_sources();
    DROP VIEW pg_temp.calibration_star_source;

    -- Images, numbered within their band, those of a detector after each other.
    CREATE TEMPORARY TABLE photometry_image ON COMMIT DROP AS
    SELECT
        d.band, d.visit, d.detector, d.nx, d.ny,
        (row_number() OVER (PARTITION BY d.band ORDER BY d.detector, d.visit))::integer - 1 AS image,
        dense_rank() OVER (PARTITION BY d.band ORDER BY d.detector) - 1 AS flat
    FROM raw.VisitDetector AS d
    WHERE d.band = ANY (bands);
    ANALYZE pg_temp.photometry_image;
    IF passband_solution IS NOT NULL THEN
        SELECT string_agg(format('%s/%s', m.visit, m.detector), ', ') INTO missing
        FROM (
            SELECT i.visit, i.detector FROM pg_temp.photometry_image AS i
            WHERE NOT EXISTS (
                SELECT FROM calibration.PassbandCoefficient AS c
                WHERE c.solutionId = passband_solution AND c.visit = i.visit AND c.detector = i.detector
            ) AND EXISTS (
                SELECT FROM pg_temp.photometry_source AS s
                WHERE s.visit = i.visit AND s.detector = i.detector
            )
            ORDER BY i.visit, i.detector LIMIT 10
        ) AS m;
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'visit/detector % have no passband in %', missing, quote_literal(passbands)
                USING HINT = 'Write passbands of all visits (`skytract sed passbands`), and SEDs for them, or leave seds out.';
        END IF;
    END IF;

    PERFORM calibration.locate_calibration_stars(reference_catalog, radius_arcsec, held_out);
    CREATE TEMPORARY TABLE photometry_anchor ON COMMIT DROP AS
    SELECT s.number, r AS reference
    FROM pg_temp.photometry_star AS s
    JOIN raw.ReferenceStar AS r ON r.catalog = reference_catalog AND r.refStarId = s.refStarId;
    ANALYZE pg_temp.photometry_anchor;

    CREATE TEMPORARY TABLE photometry_result (LIKE calibration.PhotoCalib) ON COMMIT DROP;
    CREATE TEMPORARY TABLE photometry_flat (LIKE calibration.StarFlat) ON COMMIT DROP;
    CREATE TEMPORARY TABLE photometry_star_flux (
        band text, number bigint, flux float8, fluxErr float8, nObs integer, scatter float8, isVariable boolean
    ) ON COMMIT DROP;

    FOREACH band_name IN ARRAY bands LOOP
        report := report || calibration.fit_band_photometry(
            band_name, sed_solution, passband_solution, star_flats
        );
    END LOOP;

    SELECT count(*) INTO fitted FROM pg_temp.photometry_result;
    SELECT string_agg(format('%s/%s', m.visit, m.detector), ', ') INTO missing
    FROM (
        SELECT d.visit, d.detector FROM raw.VisitDetector AS d
        WHERE d.band = ANY (bands) AND NOT EXISTS (
            SELECT FROM pg_temp.photometry_result AS p WHERE p.visit = d.visit AND p.detector = d.detector
        )
        ORDER BY d.visit, d.detector LIMIT 10
    ) AS m;
    IF fitted = 0 THEN
        RAISE EXCEPTION 'no visit-detector is tied to a reference star of %', quote_literal(reference_catalog)
            USING HINT = 'Check that the reference catalog covers the field and has fluxes in these bands, and that seds has the stars; lower min_snr.';
    ELSIF missing IS NOT NULL THEN
        RAISE WARNING 'no star ties visit/detector % to the reference catalog, so they get no zero point', missing
            USING HINT = 'Their fluxes in a release will be NULL. Lower min_snr, or load visits or reference stars that overlap with them.';
    END IF;

    INSERT INTO calibration.Solution (name, kind, referenceCatalog, parameters, codeVersion, createdAt)
    VALUES (
        solution_name, 'photometry', reference_catalog,
        jsonb_build_object(
            'groups', groups, 'bands', bands, 'seds', seds, 'passbands', passbands, 'star_flats', star_flats,
            'min_snr', min_snr, 'isolation_arcsec', isolation_arcsec, 'radius_arcsec', radius_arcsec,
            'held_out', held_out, 'report', report
        )::text,
        meta.code_version(), clock_timestamp()
    )
    RETURNING solutionId INTO new_solution;
    UPDATE pg_temp.photometry_result SET solutionId = new_solution;
    INSERT INTO calibration.PhotoCalib SELECT * FROM pg_temp.photometry_result;
    UPDATE pg_temp.photometry_flat SET solutionId = new_solution;
    INSERT INTO calibration.StarFlat SELECT * FROM pg_temp.photometry_flat;
    PERFORM calibration.write_calibration_stars(new_solution, sed_solution);
    DROP TABLE pg_temp.calibration_star, pg_temp.photometry_source, pg_temp.photometry_image, pg_temp.photometry_star,
        pg_temp.photometry_anchor, pg_temp.photometry_result, pg_temp.photometry_flat, pg_temp.photometry_star_flux;
    RETURN fitted;
END
$$;

COMMENT ON FUNCTION calibration.fit_joint_photometry(
    text, text, text, text[], text, boolean, float8, float8, float8, float8
) IS
    'Fits all zero points, star flats and star fluxes together to repeated detections of clean stars, tied to a reference catalog, and writes them as a new named solution: PhotoCalib, StarFlat, CalibrationStar; the scatter of held-out stars is in its parameters. groups names a release or a table of groups, seds a solution of kind sed. Returns the number of visit-detectors calibrated.';
