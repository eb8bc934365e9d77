-- Fits a zero point and colour term to every visit-detector and writes them as a new named solution.
--
-- Stars are point-like primary detections, unsaturated, of at least the given signal-to-noise ratio,
-- nearest to a reference star. Visit-detectors with fewer than min_stars stars get no zero point and are
-- named in a warning. Returns the number of visit-detectors that have one.
-- requires: fit_zero_point reference_flux reference_flux_err require_free_tables require_new_solution
CREATE OR REPLACE FUNCTION calibration.fit_photometry(
    solution_name text, reference_catalog text, bands text[], colours text[],
    colour_terms float8[] DEFAULT NULL, radius_arcsec float8 DEFAULT 0.5,
    min_snr float8 DEFAULT 20, min_stars integer DEFAULT 10
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    new_solution bigint;
    fitted bigint;
    missing text;
BEGIN
    PERFORM calibration.require_new_solution(solution_name);
    IF (cardinality(bands) = cardinality(colours) AND '{u,g,r,i,z,y}' @> bands
        AND cardinality(bands) = (SELECT count(DISTINCT b) FROM unnest(bands) AS b)
        AND array_to_string(colours, ' ', '-') ~ '^([ugrizy]-[ugrizy] ?)+$') IS NOT TRUE
    THEN
        RAISE EXCEPTION 'bands are % and colours %', bands, colours
            USING HINT = 'Give bands of u g r i z y, each once, and as many colours of two bands, e.g. ''{g,r}'' and ''{g-r,g-r}''.';
    END IF;
    IF colour_terms IS NOT NULL AND (cardinality(colour_terms) = cardinality(bands)
        AND NOT EXISTS (SELECT FROM unnest(colour_terms) AS t (term) WHERE abs(t.term) < 'Infinity' IS FALSE)) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'colour_terms are % for bands %', colour_terms, bands
            USING HINT = 'Give a number for each band, NULL for one whose term shall be fitted, or leave colour_terms out.';
    END IF;
    IF (min_snr >= 0 AND min_snr < 'Infinity' AND min_stars > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'min_snr is % and min_stars is %', min_snr, min_stars
            USING HINT = 'Give a signal-to-noise ratio, 20 is usual, and the fewest stars that make a zero point, 10 are usual.';
    END IF;

    PERFORM calibration.require_free_tables('{calibration_star}');
    CREATE TEMPORARY TABLE calibration_star ON COMMIT DROP AS
    SELECT DISTINCT ON (s.visit, s.detector, m.refStarId)
        b.band, b.colour, b.colour_term, s.visit, s.detector, s.sourceId,
        s.psfInstFlux, s.psfInstFluxErr,
        sky.scisql_nanojanskyToAbMag(calibration.reference_flux(r, b.band)) AS refMag,
        sky.scisql_nanojanskyToAbMagSigma(
            calibration.reference_flux(r, b.band), calibration.reference_flux_err(r, b.band)
        ) AS refMagErr,
        sky.scisql_nanojanskyToAbMag(calibration.reference_flux(r, split_part(b.colour, '-', 1)))
        - sky.scisql_nanojanskyToAbMag(calibration.reference_flux(r, split_part(b.colour, '-', 2)))
            AS colourMag
    FROM unnest(bands, colours, colour_terms) AS b (band, colour, colour_term)
    CROSS JOIN LATERAL association.match_reference(reference_catalog, b.band, radius_arcsec) AS m
    JOIN raw.Source AS s ON s.hpx29 = m.hpx29 AND s.sourceId = m.sourceId
    JOIN raw.ReferenceStar AS r ON r.catalog = reference_catalog AND r.refStarId = m.refStarId
    WHERE coalesce(s.detect_isPrimary, true)
        AND s.extendedness < 0.5
        AND NOT (s.psfInstFlux_flag OR s.centroid_flag OR s.pixelFlags_saturated OR s.pixelFlags_bad)
        AND s.psfInstFlux > min_snr * s.psfInstFluxErr
        AND coalesce(NOT r.isVariable, true)
        AND coalesce(NOT r.isResolved, true)
    ORDER BY s.visit, s.detector, m.refStarId, m.separationArcsec, s.sourceId;

    INSERT INTO calibration.Solution (name, kind, referenceCatalog, parameters, codeVersion, createdAt)
    VALUES (
        solution_name, 'photometry', reference_catalog,
        jsonb_build_object(
            'bands', bands, 'colours', colours, 'colour_terms', colour_terms,
            'radius_arcsec', radius_arcsec, 'min_snr', min_snr, 'min_stars', min_stars
        )::text,
        meta.code_version(), clock_timestamp()
    )
    RETURNING solutionId INTO new_solution;

    INSERT INTO calibration.PhotoCalib (
        solutionId, visit, detector, band, zMean, zErr, zeroPoint, zeroPointErr,
        colourTerm, colourTermErr, colour, rms, nStar, meanChrom
    )
    SELECT
        new_solution, s.visit, s.detector, s.band,
        10 ^ (0.4 * (31.4 - f.zeroPoint)),
        10 ^ (0.4 * (31.4 - f.zeroPoint)) * 0.4 * ln(10::float8) * f.zeroPointErr,
        f.zeroPoint, f.zeroPointErr, f.colourTerm, f.colourTermErr, s.colour, f.rms, f.nStar, 0
    FROM (
        SELECT
            visit, detector, band, colour, colour_term,
            array_agg(psfInstFlux ORDER BY sourceId) AS inst_flux,
            array_agg(psfInstFluxErr ORDER BY sourceId) AS inst_flux_err,
            array_agg(refMag ORDER BY sourceId) AS ref_mag,
            array_agg(refMagErr ORDER BY sourceId) AS ref_mag_err,
            array_agg(colourMag ORDER BY sourceId) AS colours
        FROM pg_temp.calibration_star
        GROUP BY visit, detector, band, colour, colour_term
    ) AS s
    CROSS JOIN LATERAL calibration.fit_zero_point(
        s.inst_flux, s.inst_flux_err, s.ref_mag, s.ref_mag_err, s.colours, s.colour_term, min_stars
    ) AS f
    WHERE f.nStar IS NOT NULL;
    GET DIAGNOSTICS fitted = ROW_COUNT;

    SELECT string_agg(format('%s/%s (%s stars)', v.visit, v.detector, v.n), ', ') INTO missing
    FROM (
        SELECT d.visit, d.detector, count(s.sourceId) AS n
        FROM raw.VisitDetector AS d
        LEFT JOIN pg_temp.calibration_star AS s USING (visit, detector)
        WHERE d.band = ANY (bands) AND NOT EXISTS (
            SELECT FROM calibration.PhotoCalib AS p
            WHERE p.solutionId = new_solution AND p.visit = d.visit AND p.detector = d.detector
        )
        GROUP BY d.visit, d.detector
        ORDER BY d.visit, d.detector
        LIMIT 10
    ) AS v;
    IF fitted = 0 THEN
        RAISE EXCEPTION 'no visit-detector has % usable stars of %; the first are %',
            min_stars, quote_literal(reference_catalog), coalesce(missing, 'none: no visits in these bands are loaded')
            USING HINT = 'Check that the reference catalog covers the field and has the bands of the colours; lower min_snr or min_stars, or give colour_terms so that only zero points are fitted.';
    ELSIF missing IS NOT NULL THEN
        RAISE WARNING 'fewer than % usable stars, and so no zero point, for visit/detector %', min_stars, missing
            USING HINT = 'Their fluxes in a release will be NULL.';
    END IF;
    DROP TABLE pg_temp.calibration_star;
    RETURN fitted;
END
$$;

COMMENT ON FUNCTION calibration.fit_photometry(
    text, text, text[], text[], float8[], float8, float8, integer
) IS
    'Fits a zero point and a colour term per visit-detector to stars of a reference catalog, and writes them as a new named solution: bands and colours in parallel, e.g. {g,r} and {g-r,g-r}. Returns the number of visit-detectors calibrated.';
