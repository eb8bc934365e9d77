-- Fills pg_temp.dia_source with the release's DiaSource rows of pg_temp.dia_raw, and returns their number.
--
-- Flux [nJy] = counts x zMean of the release's solution (x its star flat), of either sign, with the random
-- error alone, as calibration.calibrate_sources does. What the difference shows has the kappa of the SED of
-- what varies, which a release may name by diaObjectId (calibration.use_seds); fluxes in science image and
-- template have none. Lengths, angles and moments by the linear terms of the WCS at the reference point;
-- NULL where there is none.
CREATE OR REPLACE FUNCTION association.calibrate_dia_sources(release_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    solution_id bigint := calibration.require_solution(release_name);
    flux record;
    written bigint;
BEGIN
    flux := calibration.stage_factors(
        release_name, 'SELECT m.diaObjectId AS objectId FROM pg_temp.dia_match AS m', NULL, 'm.diaObjectId');
    EXECUTE format(
        $insert$
        INSERT INTO pg_temp.dia_source (
            hpx29, diaSourceId, diaObjectId, ssObjectId, parentDiaSourceId, solutionId,
            visit, detector, band, midpointMjdTai,
            coord_ra, coord_dec, ra, dec, raErr, decErr, ra_dec_Cov, x, y, xErr, yErr, centroid_flag,
            psfFlux, psfFluxErr, psfFlux_flag, apFlux, apFluxErr, apFlux_flag,
            scienceFlux, scienceFluxErr, templateFlux, templateFluxErr, snr, isNegative,
            trailFlux, trailLength, trailAngle,
            isDipole, dipoleFitAttempted, dipoleMeanFlux, dipoleLength, dipoleAngle,
            ixx, iyy, ixy, ixxPSF, iyyPSF, ixyPSF, shape_flag, extendedness, reliability,
            pixelFlags_bad, pixelFlags_cr, pixelFlags_edge,
            pixelFlags_interpolated, pixelFlags_saturated, pixelFlags_suspect
        )
        SELECT
            r.hpx29, r.diaSourceId, m.diaObjectId, m.ssObjectId, r.parentDiaSourceId, $1,
            r.visit, r.detector, v.band, p.mjd,
            r.ra, r.dec, p.ra, p.dec, p.raErr, p.decErr, p.ra_dec_Cov, r.x, r.y, r.xErr, r.yErr, r.centroid_flag,
            r.psfInstFlux * f.variable_factor, r.psfInstFluxErr * f.variable_factor, r.psfInstFlux_flag,
            r.ap12InstFlux * f.variable_factor, r.ap12InstFluxErr * f.variable_factor, r.ap12InstFlux IS NULL,
            r.scienceInstFlux * f.factor, r.scienceInstFluxErr * f.factor,
            r.templateInstFlux * f.factor, r.templateInstFluxErr * f.factor, r.snr, r.isNegative,
            r.trailInstFlux * f.variable_factor, r.trailLength * sqrt(t.east ^ 2 + t.north ^ 2) * 3600,
            degrees(atan2(t.east, t.north)) + CASE WHEN t.east < 0 THEN 360 ELSE 0 END,
            r.isDipole, r.dipoleFitAttempted, r.dipoleMeanInstFlux * f.variable_factor,
            r.dipoleLength * sqrt(e.east ^ 2 + e.north ^ 2) * 3600,
            degrees(atan2(e.east, e.north)) + CASE WHEN e.east < 0 THEN 360 ELSE 0 END,
            r.ixx * w.area, r.iyy * w.area, r.ixy * w.area,
            r.ixxPSF * w.area, r.iyyPSF * w.area, r.ixyPSF * w.area, r.shape_flag,
            nullif(r.extendedness, 'NaN'), nullif(r.reliability, 'NaN'),
            r.pixelFlags_bad, r.pixelFlags_cr, r.pixelFlags_edge,
            r.pixelFlags_interpolated, r.pixelFlags_saturated, r.pixelFlags_suspect
        FROM pg_temp.dia_raw AS r
        JOIN pg_temp.dia_position AS p USING (diaSourceId)
        JOIN pg_temp.dia_match AS m USING (diaSourceId)
        JOIN raw.Visit AS v ON v.visit = r.visit
        LEFT JOIN raw.VisitDetector AS d ON d.visit = r.visit AND d.detector = r.detector
        %s
        -- Factors are computed once per row.
        CROSS JOIN LATERAL (SELECT %s AS factor, %s AS variable_factor OFFSET 0) AS f
        CROSS JOIN LATERAL (
            SELECT abs(d.cd1_1 * d.cd2_2 - d.cd1_2 * d.cd2_1) * 3600 ^ 2 AS area
        ) AS w
        -- Unit steps on the detector along trail and dipole, as degrees to the east and to the north.
        CROSS JOIN LATERAL (
            SELECT
                d.cd1_1 * cosd(a.angle) + d.cd1_2 * sind(a.angle) AS east,
                d.cd2_1 * cosd(a.angle) + d.cd2_2 * sind(a.angle) AS north
            FROM (SELECT CASE WHEN abs(r.trailAngle) < 'Infinity' THEN r.trailAngle END AS angle) AS a
        ) AS t
        CROSS JOIN LATERAL (
            SELECT
                d.cd1_1 * cosd(a.angle) + d.cd1_2 * sind(a.angle) AS east,
                d.cd2_1 * cosd(a.angle) + d.cd2_2 * sind(a.angle) AS north
            FROM (SELECT CASE WHEN abs(r.dipoleAngle) < 'Infinity' THEN r.dipoleAngle END AS angle) AS a
        ) AS e
        $insert$,
        flux.joins, flux.factor, flux.variable_factor
    ) USING solution_id;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION association.calibrate_dia_sources(text) IS
    'A step of DiaObject generation: rows of pg_temp.dia_raw, with the positions of pg_temp.dia_position and the objects of pg_temp.dia_match, as rows of the release''s DiaSource: counts to nJy by its solution, pixels to arcsec.';
