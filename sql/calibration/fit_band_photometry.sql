-- Fits one band of pg_temp.photometry_source, and returns what is reported of it.
-- requires: chromatic_factor reference_flux reference_flux_err solve_photometry
CREATE OR REPLACE FUNCTION calibration.fit_band_photometry(
    band_name text, sed_solution bigint, passband_solution bigint, star_flats boolean
) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Rows of a solution made a moment ago are in no statistics: joined one by one, they would take for ever.
SET enable_nestloop = off
-- Visits and detectors as two columns look like few values: all detections would be sorted to find their images.
SET enable_mergejoin = off
AS $$
DECLARE
    found record;
BEGIN
    CREATE TEMPORARY TABLE photometry_chrom ON COMMIT DROP AS
    SELECT t.number, g.g1, g.g2, g.g3, g.g4, g.g5, g.g6, g.g7, g.g8, g.g9, g.g10
    FROM pg_temp.photometry_star AS t
    JOIN calibration.ObjectChrom AS g ON g.objectId = t.star
    WHERE g.solutionId = sed_solution AND g.band = band_name;
    CREATE TEMPORARY TABLE photometry_passband ON COMMIT DROP AS
    SELECT c.* FROM pg_temp.photometry_image AS i
    JOIN calibration.PassbandCoefficient AS c ON c.visit = i.visit AND c.detector = i.detector
    WHERE c.solutionId = passband_solution AND i.band = band_name;
    ANALYZE pg_temp.photometry_chrom;
    ANALYZE pg_temp.photometry_passband;

    -- Numbers as they are sent take a third of the memory of array_agg, and no call each on the other side.
    SELECT f.* INTO found
    FROM (
        SELECT
            string_agg(int4send(s.number), '') AS star, string_agg(int4send(i.image), '') AS image,
            string_agg(float8send(s.flux), '') AS flux, string_agg(float4send(s.flux_err::real), '') AS flux_err,
            string_agg(float4send(((2 * s.x + 1) / i.nx - 1)::real), '') FILTER (WHERE star_flats) AS u,
            string_agg(float4send(((2 * s.y + 1) / i.ny - 1)::real), '') FILTER (WHERE star_flats) AS v
        FROM (
            SELECT d.number, d.visit, d.detector, d.x, d.y, d.counts AS flux, d.countsErr AS flux_err
            FROM pg_temp.photometry_source AS d
            WHERE sed_solution IS NULL AND d.band = band_name
            UNION ALL
            SELECT d.number, d.visit, d.detector, d.x, d.y, d.counts * k.kappa, d.countsErr * k.kappa
            FROM pg_temp.photometry_source AS d
            JOIN pg_temp.photometry_chrom AS g USING (number)
            JOIN pg_temp.photometry_passband AS c USING (visit, detector)
            CROSS JOIN LATERAL (
                SELECT calibration.chromatic_factor(
                    c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,
                    g.g1, g.g2, g.g3, g.g4, g.g5, g.g6, g.g7, g.g8, g.g9, g.g10
                ) AS kappa
            ) AS k
            WHERE sed_solution IS NOT NULL AND d.band = band_name AND k.kappa > 0
        ) AS s
        JOIN pg_temp.photometry_image AS i ON i.band = band_name AND i.visit = s.visit AND i.detector = s.detector
    ) AS a
    CROSS JOIN LATERAL (
        SELECT array_agg(i.flat ORDER BY i.image) AS flat
        FROM pg_temp.photometry_image AS i WHERE i.band = band_name
    ) AS b
    CROSS JOIN LATERAL (
        SELECT
            array_agg(coalesce(calibration.reference_flux(n.reference, band_name), 'NaN') ORDER BY t.number) AS flux,
            array_agg(coalesce(calibration.reference_flux_err(n.reference, band_name), 'NaN') ORDER BY t.number) AS flux_err,
            array_agg(t.isHeldOut ORDER BY t.number) AS held_out
        FROM pg_temp.photometry_star AS t
        LEFT JOIN pg_temp.photometry_anchor AS n USING (number)
    ) AS e
    CROSS JOIN LATERAL calibration.solve_photometry(
        a.star, a.image, a.flux, a.flux_err, coalesce(a.u, ''), coalesce(a.v, ''), sky.array_bytes(b.flat),
        sky.array_bytes(e.flux), sky.array_bytes(e.flux_err), sky.array_bytes(e.held_out), star_flats
    ) AS f
    WHERE a.star IS NOT NULL;
    DROP TABLE pg_temp.photometry_chrom, pg_temp.photometry_passband;
    IF found.zeroPoint IS NULL THEN
        RETURN '{}';
    END IF;

    INSERT INTO pg_temp.photometry_result (
        solutionId, visit, detector, band, zMean, zErr, zeroPoint, zeroPointErr,
        colourTerm, colour, rms, nStar, meanChrom, component
    )
    SELECT
        0, i.visit, i.detector, band_name, 10 ^ (0.4 * (31.4 - r.zp)),
        10 ^ (0.4 * (31.4 - r.zp)) * 0.4 * ln(10::float8) * r.err, r.zp, r.err,
        0, 'none', r.rms, r.n, 0, r.component
    FROM unnest(found.zeroPoint, found.zeroPointErr, found.rms, found.nStar, found.component)
        WITH ORDINALITY AS r (zp, err, rms, n, component, number)
    JOIN pg_temp.photometry_image AS i ON i.band = band_name AND i.image = r.number - 1
    WHERE r.zp < 'NaN';
    IF star_flats THEN
        INSERT INTO pg_temp.photometry_flat (solutionId, band, detector, nx, ny, coefficients)
        SELECT DISTINCT ON (i.flat)
            0, band_name, i.detector, i.nx, i.ny, found.coefficients[10 * i.flat + 1:10 * i.flat + 10]
        FROM pg_temp.photometry_image AS i
        JOIN unnest(found.nStar) WITH ORDINALITY AS r (n, number) ON r.number = i.image + 1
        WHERE i.band = band_name AND r.n > 0
        ORDER BY i.flat, i.visit;
    END IF;
    INSERT INTO pg_temp.photometry_star_flux
    SELECT
        band_name, t.number - 1, nullif(t.flux, 'NaN'), nullif(t.err, 'NaN'), t.n, nullif(t.scatter, 'NaN'), t.isVariable
    FROM unnest(found.starFlux, found.starFluxErr, found.starNObs, found.starScatter, found.isVariable)
        WITH ORDINALITY AS t (flux, err, n, scatter, isVariable, number)
    WHERE t.n > 0 OR t.isVariable;
    RETURN jsonb_build_object(band_name, jsonb_build_object(
        'repeatabilityMmag', found.repeatability, 'noiseMmag', found.noise,
        'nHeldOut', found.nHeldOut, 'nObs', found.nObs,
        'nComponents', (SELECT count(DISTINCT n) FROM unnest(found.component) AS n WHERE n > 0),
        'iterations', found.iterations
    ));
END
$$;

COMMENT ON FUNCTION calibration.fit_band_photometry(text, bigint, bigint, boolean) IS
    'A working step of calibration.fit_joint_photometry: fits one band, adds to its temporary tables, and returns scatter and noise [mmag] of held-out stars, components and iterations.';
