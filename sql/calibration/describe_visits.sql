-- Fills a release's Visit and VisitDetector from the raw ones, and returns the number of visit-detectors.
--
-- Corners and scales are those of the WCS that its positions are made with: of the release's astrometric
-- solution, where that has one, or else as loaded.
-- It is the first stage: visits that lack a passband are refused here, those without zero point or WCS warned of.
-- requires: pixel_to_sky require_solution require_visits
CREATE OR REPLACE FUNCTION calibration.describe_visits(release_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    solution_id bigint := calibration.require_solution(release_name);
    mjd_of_1970 CONSTANT float8 := 40587;
    written bigint;
BEGIN
    PERFORM calibration.require_visits(release_name);
    EXECUTE format('DELETE FROM %I.VisitDetector', release_name);
    EXECUTE format('DELETE FROM %I.Visit', release_name);
    EXECUTE format(
        $insert$
        INSERT INTO %I.Visit (
            visit, band, physical_filter, ra, dec, skyRotation, zenithDistance, altitude, airmass,
            expMidpt, expMidptMJD, obsStart, obsStartMJD, expTime
        )
        SELECT
            v.visit, v.band, v.physical_filter, v.ra, v.dec, v.skyRotation, v.zenithDistance,
            90 - v.zenithDistance, v.airmass,
            to_timestamp((v.expMidptMJD - $1) * 86400) AT TIME ZONE 'UTC', v.expMidptMJD,
            to_timestamp((v.expMidptMJD - $1) * 86400 - v.expTime / 2) AT TIME ZONE 'UTC',
            v.expMidptMJD - v.expTime / 2 / 86400, v.expTime
        FROM raw.Visit AS v
        $insert$,
        release_name
    ) USING mjd_of_1970;
    EXECUTE format(
        $insert$
        INSERT INTO %1$I.VisitDetector (
            visitId, detector, ccdVisitId, band, physical_filter, ra, dec,
            llcra, llcdec, ulcra, ulcdec, urcra, urcdec, lrcra, lrcdec,
            xSize, ySize, pixelScale, skyRotation, zenithDistance,
            expMidpt, expMidptMJD, obsStart, obsStartMJD, expTime,
            zeroPoint, seeing, psfSigma, psfArea, skyBg, skyNoise
        )
        SELECT
            d.visit, d.detector, d.visit * 1000 + d.detector, d.band, v.physical_filter,
            coalesce(p.ra[1], v.ra), coalesce(p.dec[1], v.dec),
            p.ra[2], p.dec[2], p.ra[3], p.dec[3], p.ra[4], p.dec[4], p.ra[5], p.dec[5],
            d.nx, d.ny, sqrt(abs(t.cd1_1 * t.cd2_2 - t.cd1_2 * t.cd2_1)) * 3600,
            v.skyRotation, v.zenithDistance,
            v.expMidpt, v.expMidptMJD, v.obsStart, v.obsStartMJD, v.expTime,
            c.zeroPoint, r.seeing, d.psfSigma, d.psfArea, d.skyBg, d.skyNoise
        FROM raw.VisitDetector AS d
        JOIN %1$I.Visit AS v USING (visit)
        JOIN raw.Visit AS r USING (visit)
        LEFT JOIN calibration.PhotoCalib AS c
            ON c.solutionId = $1 AND c.visit = d.visit AND c.detector = d.detector
        LEFT JOIN calibration.WcsCalib AS w
            ON w.solutionId = $2 AND w.visit = d.visit AND w.detector = d.detector
        CROSS JOIN LATERAL (
            SELECT d.crpix1, d.crpix2, d.crval1, d.crval2, d.cd1_1, d.cd1_2, d.cd2_1, d.cd2_2, d.sipA, d.sipB
            WHERE w.visit IS NULL
            UNION ALL
            SELECT w.crpix1, w.crpix2, w.crval1, w.crval2, w.cd1_1, w.cd1_2, w.cd2_1, w.cd2_2, w.sipA, w.sipB
            WHERE w.visit IS NOT NULL
        ) AS t
        -- The centre, then the outer corners of the corner pixels.
        LEFT JOIN LATERAL calibration.pixel_to_sky(
            ARRAY[(d.nx - 1) / 2.0, -0.5, -0.5, d.nx - 0.5, d.nx - 0.5],
            ARRAY[(d.ny - 1) / 2.0, -0.5, d.ny - 0.5, d.ny - 0.5, -0.5],
            array_fill(0::float8, '{5}'), array_fill(0::float8, '{5}'), array_fill(0::float8, '{5}'),
            ARRAY[t.crpix1, t.crpix2], ARRAY[t.crval1, t.crval2],
            ARRAY[t.cd1_1, t.cd1_2, t.cd2_1, t.cd2_2], t.sipA, t.sipB
        ) AS p ON t.crpix1 IS NOT NULL AND t.crval1 IS NOT NULL AND t.cd1_1 IS NOT NULL
        $insert$,
        release_name
    ) USING solution_id, (SELECT r.astrometrySolutionId FROM meta.Release AS r WHERE r.release = release_name);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.describe_visits(text) IS
    'Fills a release''s Visit and VisitDetector from the raw ones: times, corners by the WCS of the release''s astrometric solution (as loaded without), zero points of its photometric one. Running it again gives the same.';
