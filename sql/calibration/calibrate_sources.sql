-- Fills a release's Source for hpx29 in [lo, hi) from the raw detections, and returns the number of rows.
--
-- Flux [nJy] = counts x zMean of the release's solution (x its star flat x kappa of the object's SED), with
-- the random error alone: that of zMean is common to a visit-detector and stays in calibration.PhotoCalib. Positions by the detector's WCS; as
-- loaded, without errors, where there is none. Rows of the stretch that are there already are replaced.
-- requires: sky_positions stage_factors
CREATE OR REPLACE FUNCTION calibration.calibrate_sources(release_name text, lo bigint, hi bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    solution_id bigint := calibration.require_solution(release_name);
    flux record;
    written bigint;
BEGIN
    flux := calibration.stage_factors(
        release_name,
        format(
            'SELECT g.objectId FROM association.SourceGroup AS g'
            ' WHERE g.release = %L AND g.hpx29 >= %s AND g.hpx29 < %s',
            release_name, lo, hi
        ),
        'g.objectId', NULL
    );
    CREATE TEMPORARY TABLE sky_position ON COMMIT DROP AS
    SELECT p.* FROM calibration.sky_positions(
        calibrate_sources.lo, calibrate_sources.hi,
        (SELECT r.astrometrySolutionId FROM meta.Release AS r WHERE r.release = release_name)
    ) AS p;
    ANALYZE pg_temp.sky_position;

    EXECUTE format('DELETE FROM %I.Source WHERE hpx29 >= $1 AND hpx29 < $2', release_name) USING lo, hi;
    EXECUTE format(
        $insert$
        INSERT INTO %I.Source (
            hpx29, sourceId, objectId, parentSourceId, solutionId, visit, detector, band, physical_filter,
            coord_ra, coord_dec, ra, dec, raErr, decErr, ra_dec_Cov,
            x, y, xErr, yErr, centroid_flag,
            psfFlux, psfFluxErr, psfFlux_flag, psfFlux_apCorr,
            ap03Flux, ap03FluxErr, ap03Flux_flag,
            ap06Flux, ap06FluxErr, ap06Flux_flag,
            ap09Flux, ap09FluxErr, ap09Flux_flag,
            ap12Flux, ap12FluxErr, ap12Flux_flag,
            ap17Flux, ap17FluxErr, ap17Flux_flag,
            ap25Flux, ap25FluxErr, ap25Flux_flag,
            ap35Flux, ap35FluxErr, ap35Flux_flag,
            ap50Flux, ap50FluxErr, ap50Flux_flag,
            ap70Flux, ap70FluxErr, ap70Flux_flag,
            gaussianFlux, gaussianFluxErr, kronFlux, kronFluxErr, kronRad, sky,
            ixx, iyy, ixy, ixxPSF, iyyPSF, ixyPSF, shape_flag,
            extendedness, extendedness_flag, footprintArea_value,
            pixelFlags_bad, pixelFlags_cr, pixelFlags_edge,
            pixelFlags_interpolated, pixelFlags_saturated, pixelFlags_suspect,
            deblend_nChild, detect_isPrimary
        )
        SELECT
            s.hpx29, s.sourceId, s.objectId, s.parentSourceId, $3, s.visit, s.detector, s.band, s.physical_filter,
            s.ra, s.dec, coalesce(p.ra, s.ra), coalesce(p.dec, s.dec), p.raErr, p.decErr, p.ra_dec_Cov,
            s.x, s.y, s.xErr, s.yErr, s.centroid_flag,
            s.psfInstFlux * s.factor, s.psfInstFluxErr * s.factor, s.psfInstFlux_flag, s.apCorr,
            s.ap03InstFlux * s.factor, s.ap03InstFluxErr * s.factor, s.apFlux_flag OR s.ap03InstFlux IS NULL,
            s.ap06InstFlux * s.factor, s.ap06InstFluxErr * s.factor, s.apFlux_flag OR s.ap06InstFlux IS NULL,
            s.ap09InstFlux * s.factor, s.ap09InstFluxErr * s.factor, s.apFlux_flag OR s.ap09InstFlux IS NULL,
            s.ap12InstFlux * s.factor, s.ap12InstFluxErr * s.factor, s.apFlux_flag OR s.ap12InstFlux IS NULL,
            s.ap17InstFlux * s.factor, s.ap17InstFluxErr * s.factor, s.apFlux_flag OR s.ap17InstFlux IS NULL,
            s.ap25InstFlux * s.factor, s.ap25InstFluxErr * s.factor, s.apFlux_flag OR s.ap25InstFlux IS NULL,
            s.ap35InstFlux * s.factor, s.ap35InstFluxErr * s.factor, s.apFlux_flag OR s.ap35InstFlux IS NULL,
            s.ap50InstFlux * s.factor, s.ap50InstFluxErr * s.factor, s.apFlux_flag OR s.ap50InstFlux IS NULL,
            s.ap70InstFlux * s.factor, s.ap70InstFluxErr * s.factor, s.apFlux_flag OR s.ap70InstFlux IS NULL,
            s.gaussianInstFlux * s.factor, s.gaussianInstFluxErr * s.factor,
            s.kronInstFlux * s.factor, s.kronInstFluxErr * s.factor, s.kronRad, s.localBackground * s.factor,
            s.ixx, s.iyy, s.ixy, s.ixxPSF, s.iyyPSF, s.ixyPSF, s.shape_flag,
            nullif(s.extendedness, 'NaN'), nullif(s.extendedness, 'NaN') IS NULL, s.footprintArea,
            s.pixelFlags_bad, s.pixelFlags_cr, s.pixelFlags_edge,
            s.pixelFlags_interpolated, s.pixelFlags_saturated, s.pixelFlags_suspect,
            s.deblend_nChild, s.detect_isPrimary
        FROM (
            SELECT r.*, v.band, v.physical_filter, g.objectId, %s AS factor
            FROM raw.Source AS r
            JOIN raw.Visit AS v USING (visit)
            LEFT JOIN association.SourceGroup AS g
                ON g.release = $4 AND g.hpx29 = r.hpx29 AND g.sourceId = r.sourceId
                AND g.hpx29 >= $1 AND g.hpx29 < $2
            %s
            WHERE r.hpx29 >= $1 AND r.hpx29 < $2
            -- The factor is computed once per row.
            OFFSET 0
        ) AS s
        LEFT JOIN pg_temp.sky_position AS p ON p.hpx29 = s.hpx29 AND p.sourceId = s.sourceId
        ORDER BY s.hpx29, s.sourceId
        $insert$,
        release_name, flux.factor, flux.joins
    ) USING lo, hi, solution_id, release_name;
    GET DIAGNOSTICS written = ROW_COUNT;
    DROP TABLE pg_temp.sky_position;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.calibrate_sources(text, bigint, bigint) IS
    'Fills a release''s Source for hpx29 in [lo, hi) from the raw detections: fluxes by the release''s solution and SEDs, positions by the WCS, objects by association. Returns the number of rows; running it again gives the same.';
