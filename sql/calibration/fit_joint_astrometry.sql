-- Fits the WCS of all visits and detectors together, and writes them as a new named solution (LDM-151 8.14.3).
--
-- Clean stars of the match groups (select_calibration_stars) are in one place, wherever they fall on the
-- detectors: polynomials of every detector, of every visit over its field and of every image (what the
-- air does, of the width turbulence_mas), and position, proper motion and parallax of every star. Reference
-- stars with their own motions say where that is. With seds (a solution of kind sed) refraction by the star's
-- spectrum is taken out: the WCS are those of a G2V star. A part of the stars is held out and tells the
-- repeatability. Images that no common star ties to reference stars get no WCS and are named in a warning.
-- requires: find_solution locate_calibration_stars pack_star_sources pack_wcs require_free_tables require_new_solution require_reference_catalog select_calibration_stars solve_astrometry stage_refraction visit_geometry
CREATE OR REPLACE FUNCTION calibration.fit_joint_astrometry(
    solution_name text, groups text, reference_catalog text, bands text[] DEFAULT '{u,g,r,i,z,y}',
    seds text DEFAULT NULL, min_snr float8 DEFAULT 50, isolation_arcsec float8 DEFAULT 2,
    radius_arcsec float8 DEFAULT 1, held_out float8 DEFAULT 0.2, detector_order integer DEFAULT 4,
    visit_order integer DEFAULT 4, image_order integer DEFAULT 3, turbulence_mas float8 DEFAULT 10
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Else the checks of foreign keys are planned anew for every row that is written.
SET plan_cache_mode = auto
AS $$
DECLARE
    sed_solution bigint;
    found record;
    star_packed record;
    image_packed record;
    visit_packed record;
    row_packed record;
    new_solution bigint;
    fitted bigint;
    untied text;
    side integer;
BEGIN
    PERFORM calibration.require_new_solution(solution_name);
    IF (held_out BETWEEN 0 AND 0.5 AND radius_arcsec BETWEEN 0.001 AND 60
        AND detector_order BETWEEN 1 AND 8 AND visit_order BETWEEN 1 AND 8 AND image_order BETWEEN -1 AND 8
        AND turbulence_mas > 0) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'held_out is %, radius_arcsec %, the orders are %, % and %, turbulence_mas %',
            held_out, radius_arcsec, detector_order, visit_order, image_order, turbulence_mas
            USING HINT = 'Give a part of 0 to 0.5, 0.001 to 60 arcsec, orders of 1 to 8 (image_order -1: none), and milliarcseconds above 0.';
    END IF;
    PERFORM calibration.require_reference_catalog(reference_catalog);
    sed_solution := CASE WHEN seds IS NOT NULL THEN calibration.find_solution('sed', seds) END;
    PERFORM calibration.require_free_tables('{astrometry_image,star_refraction,template_refraction}');
    PERFORM calibration.select_calibration_stars(groups, bands, min_snr, isolation_arcsec);
    PERFORM calibration.locate_calibration_stars(reference_catalog, radius_arcsec, held_out);
    PERFORM calibration.stage_refraction(sed_solution);

    CREATE TEMPORARY TABLE astrometry_image ON COMMIT DROP AS
    SELECT
        d.visit, d.detector, d.band, d.nx, d.ny, coalesce(d.psfSigma, 2) AS psfSigma,
        (row_number() OVER (ORDER BY d.visit, d.detector))::integer - 1 AS image,
        dense_rank() OVER (ORDER BY d.visit) - 1 AS visitNumber,
        dense_rank() OVER (ORDER BY d.detector) - 1 AS detectorNumber,
        calibration.pack_wcs(
            d.crpix1, d.crpix2, d.crval1, d.crval2, d.cd1_1, d.cd1_2, d.cd2_1, d.cd2_2, d.sipA, d.sipB
        ) AS wcs
    FROM raw.VisitDetector AS d
    JOIN raw.Visit AS v USING (visit)
    WHERE d.band = ANY (bands)
        AND num_nulls(d.crpix1, d.crpix2, d.crval1, d.crval2, d.cd1_1, d.cd1_2, d.cd2_1, d.cd2_2) = 0;
    ANALYZE pg_temp.astrometry_image;

    SELECT p.* INTO row_packed FROM calibration.pack_star_sources() AS p;
    IF row_packed.numbers IS NULL THEN
        RAISE EXCEPTION 'no image of the stars has a WCS to start from'
            USING HINT = 'Load VisitDetector with crpix, crval and cd, good to some arcseconds; association.match_visit finds them from a guess.';
    END IF;
    SELECT
        string_agg(i.wcs, '' ORDER BY i.image) AS wcs,
        sky.array_bytes(array_agg(i.visitNumber ORDER BY i.image))
        || sky.array_bytes(array_agg(i.detectorNumber ORDER BY i.image))
        || sky.array_bytes(array_agg(i.nx::bigint ORDER BY i.image))
        || sky.array_bytes(array_agg(i.ny::bigint ORDER BY i.image))
        || sky.array_bytes(array_agg(position(i.band IN 'ugrizy')::bigint - 1 ORDER BY i.image)) AS "values"
    INTO image_packed
    FROM pg_temp.astrometry_image AS i;
    SELECT
        sky.array_bytes(array_agg(v.ra ORDER BY v.visit)) || sky.array_bytes(array_agg(v.dec ORDER BY v.visit))
        || sky.array_bytes(array_agg(v.expMidptMJD ORDER BY v.visit))
        || sky.array_bytes(array_agg(g.zenithDistance ORDER BY v.visit))
        || sky.array_bytes(array_agg(g.parallacticAngle ORDER BY v.visit)) AS "values"
    INTO visit_packed
    FROM raw.Visit AS v
    JOIN calibration.visit_geometry() AS g USING (visit)
    WHERE v.visit IN (SELECT i.visit FROM pg_temp.astrometry_image AS i);
    SELECT
        sky.array_bytes(array_agg(o.ra)) || sky.array_bytes(array_agg(o.decl)) || sky.array_bytes(array_agg(o.epoch))
        || sky.array_bytes(array_agg(o.err)) || sky.array_bytes(array_agg(o.pmRa)) || sky.array_bytes(array_agg(o.pmDec))
        || sky.array_bytes(array_agg(o.pmErr)) || sky.array_bytes(array_agg(o.parallax))
        || sky.array_bytes(array_agg(o.parallaxErr)) AS "values",
        sky.array_bytes(array_agg(NOT o.isHeldOut)) || sky.array_bytes(array_agg(o.isAnchored)) AS flags
    INTO star_packed
    FROM (
        SELECT
            coalesce(r.ra, s.ra) AS ra, coalesce(r.dec, s.decl) AS decl, coalesce(r.epoch, s.epoch) AS epoch,
            coalesce(greatest(r.raErr, r.decErr) * 3.6e6, 'NaN')::float8 AS err,
            coalesce(r.pmRa, 'NaN')::float8 AS pmRa, coalesce(r.pmDec, 'NaN')::float8 AS pmDec,
            coalesce(greatest(r.pmRaErr, r.pmDecErr), 'NaN')::float8 AS pmErr,
            coalesce(r.parallax, 'NaN')::float8 AS parallax, coalesce(r.parallaxErr, 'NaN')::float8 AS parallaxErr,
            s.isHeldOut, r.refStarId IS NOT NULL AS isAnchored
        FROM pg_temp.photometry_star AS s
        LEFT JOIN raw.ReferenceStar AS r
            ON r.catalog = reference_catalog AND r.refStarId = s.refStarId AND r.raErr > 0 AND r.decErr > 0
        -- Sorted once; ORDER BY in each array would sort for each.
        ORDER BY s.number
    ) AS o;

    SELECT a.* INTO found FROM calibration.solve_astrometry(
        row_packed."values", row_packed.numbers, image_packed.wcs, image_packed."values",
        visit_packed."values", star_packed."values", star_packed.flags,
        detector_order, visit_order, image_order, turbulence_mas
    ) AS a;

    INSERT INTO calibration.Solution (name, kind, referenceCatalog, parameters, codeVersion, createdAt)
    VALUES (
        solution_name, 'astrometry', reference_catalog,
        jsonb_build_object(
            'groups', groups, 'bands', bands, 'seds', seds, 'min_snr', min_snr,
            'isolation_arcsec', isolation_arcsec, 'radius_arcsec', radius_arcsec, 'held_out', held_out,
            'detector_order', detector_order, 'visit_order', visit_order, 'image_order', image_order,
            'turbulence_mas', turbulence_mas, 'iterations', found.iterations, 'clipped', found.clipped,
            'repeatability', (
                SELECT jsonb_agg(jsonb_build_object(
                    'band', substr('ugrizy', b + 1, 1), 'nStar', found.repeatability[4 * b + 1]::integer,
                    'beforeMas', nullif(found.repeatability[4 * b + 2], 'NaN'),
                    'afterMas', nullif(found.repeatability[4 * b + 3], 'NaN'),
                    'noiseMas', nullif(found.repeatability[4 * b + 4], 'NaN')
                ) ORDER BY b)
                FROM generate_series(0, cardinality(found.repeatability) / 4 - 1) AS b
                WHERE found.repeatability[4 * b + 1] > 0
            )
        )::text,
        meta.code_version(), clock_timestamp()
    )
    RETURNING solutionId INTO new_solution;

    side := sqrt(cardinality(found.sipA) / cardinality(found.tied))::integer;
    INSERT INTO calibration.WcsCalib (
        solutionId, visit, detector, crpix1, crpix2, crval1, crval2, cd1_1, cd1_2, cd2_1, cd2_2,
        sipOrder, sipA, sipB, component, nStar, rms
    )
    SELECT
        new_solution, i.visit, i.detector,
        found.frame[8 * i.image + 1], found.frame[8 * i.image + 2], found.frame[8 * i.image + 3],
        found.frame[8 * i.image + 4], found.frame[8 * i.image + 5], found.frame[8 * i.image + 6],
        found.frame[8 * i.image + 7], found.frame[8 * i.image + 8], side - 1,
        found.sipA[side * side * i.image + 1:side * side * (i.image + 1)],
        found.sipB[side * side * i.image + 1:side * side * (i.image + 1)],
        found.component[i.image + 1], found.nStar[i.image + 1], found.rms[i.image + 1]
    FROM pg_temp.astrometry_image AS i
    WHERE found.tied[i.image + 1];
    GET DIAGNOSTICS fitted = ROW_COUNT;
    SELECT string_agg(format('%s/%s', m.visit, m.detector), ', ') INTO untied
    FROM (
        SELECT d.visit, d.detector FROM raw.VisitDetector AS d
        WHERE d.band = ANY (bands) AND NOT EXISTS (
            SELECT FROM calibration.WcsCalib AS c
            WHERE c.solutionId = new_solution AND c.visit = d.visit AND c.detector = d.detector
        )
        ORDER BY d.visit, d.detector LIMIT 10
    ) AS m;
    IF untied IS NOT NULL THEN
        RAISE WARNING 'no star ties visit/detector % to the reference catalog, so they get no WCS', untied
            USING HINT = 'Positions in a release are then those as loaded, without errors. They need a WCS to start from, and stars in common with others; lower min_snr, widen radius_arcsec, or load visits or reference stars that overlap with them.';
    END IF;

    INSERT INTO calibration.CalibrationStar (
        solutionId, starId, ra, "dec", raErr, decErr, ra_dec_Cov, epoch,
        pmRa, pmRaErr, pmDec, pmDecErr, pmRa_pmDec_Cov, parallax, parallaxErr, class, isHeldOut
    )
    SELECT
        new_solution, s.star, p.ra, p.decl, sqrt(p.ee) / 3.6e6, sqrt(p.nn) / 3.6e6, p.en / 3.6e6 ^ 2, found.epoch,
        p.pmRa, CASE WHEN p.pmRa IS NOT NULL THEN sqrt(p.uu) END,
        p.pmDec, CASE WHEN p.pmDec IS NOT NULL THEN sqrt(p.vv) END,
        CASE WHEN p.pmRa IS NOT NULL AND p.pmDec IS NOT NULL THEN p.uv END,
        p.parallax, CASE WHEN p.parallax IS NOT NULL THEN sqrt(p.pp) END, 'star', s.isHeldOut
    FROM pg_temp.photometry_star AS s
    CROSS JOIN LATERAL (
        SELECT
            nullif(found.place[5 * s.number + 1], 'NaN') AS ra, nullif(found.place[5 * s.number + 2], 'NaN') AS decl,
            nullif(found.place[5 * s.number + 3], 'NaN') AS pmRa, nullif(found.place[5 * s.number + 4], 'NaN') AS pmDec,
            nullif(found.place[5 * s.number + 5], 'NaN') AS parallax,
            found.covariance[7 * s.number + 1] AS ee, found.covariance[7 * s.number + 2] AS en,
            found.covariance[7 * s.number + 3] AS uu, found.covariance[7 * s.number + 4] AS uv,
            found.covariance[7 * s.number + 5] AS nn, found.covariance[7 * s.number + 6] AS vv,
            found.covariance[7 * s.number + 7] AS pp
    ) AS p
    WHERE p.ra IS NOT NULL AND p.decl IS NOT NULL;
    DROP VIEW pg_temp.calibration_star_source;
    DROP TABLE pg_temp.calibration_star, pg_temp.photometry_star, pg_temp.astrometry_image,
        pg_temp.star_refraction;
    RETURN fitted;
END
$$;

COMMENT ON FUNCTION calibration.fit_joint_astrometry(
    text, text, text, text[], text, float8, float8, float8, float8, integer, integer, integer, float8
) IS
    'Fits the WCS of all visits and detectors, and positions, proper motions and parallaxes of stars, together to repeated detections of clean stars, tied to a reference catalog, and writes them as a new named solution: WcsCalib, CalibrationStar. groups names a release or a table of groups, seds a solution of kind sed. Returns the number of visit-detectors; calibration.astrometric_repeatability tells how good they are.';
