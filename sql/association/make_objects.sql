-- Makes the objects of a release with objectId in [lo, hi) from its Source (LDM-151 8.24.6), and returns their number.
--
-- Position: mean of the unit vectors, weighted by 1 / (raErr^2 + decErr^2), at the mean time of the same
-- weights; unweighted and without errors where no detection has any. Fluxes: per band the mean of the
-- unflagged detections, weighted by 1 / error^2; the error of the zero points is not in their error.
-- requires: discovered_elsewhere
CREATE OR REPLACE FUNCTION association.make_objects(release_name text, lo bigint, hi bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    written bigint;
BEGIN
    PERFORM meta.require_open_release(release_name);

    -- One row per detection of these objects; a few lie just beyond the bounds.
    EXECUTE format(
        $select$
        CREATE TEMPORARY TABLE object_source ON COMMIT DROP AS
        SELECT
            s.objectId, s.band, v.expMidptMJD AS mjd, s.solutionId,
            cos(radians(s.dec)) * cos(radians(s.ra)) AS x,
            cos(radians(s.dec)) * sin(radians(s.ra)) AS y,
            sin(radians(s.dec)) AS z,
            s.raErr::float8 AS raErr, s.decErr::float8 AS decErr, s.ra_dec_Cov::float8 AS ra_dec_Cov,
            1 / nullif(s.raErr::float8 ^ 2 + s.decErr::float8 ^ 2, 0) AS weight,
            s.psfFlux,
            CASE WHEN NOT s.psfFlux_flag AND abs(s.psfFlux) < 'Infinity'
                AND s.psfFluxErr > 0 AND s.psfFluxErr < 'Infinity' THEN 1 / s.psfFluxErr::float8 ^ 2 END AS psf_weight,
            s.ap06Flux,
            CASE WHEN NOT s.ap06Flux_flag AND abs(s.ap06Flux) < 'Infinity'
                AND s.ap06FluxErr > 0 AND s.ap06FluxErr < 'Infinity' THEN 1 / s.ap06FluxErr::float8 ^ 2 END AS ap06_weight,
            s.ap12Flux,
            CASE WHEN NOT s.ap12Flux_flag AND abs(s.ap12Flux) < 'Infinity'
                AND s.ap12FluxErr > 0 AND s.ap12FluxErr < 'Infinity' THEN 1 / s.ap12FluxErr::float8 ^ 2 END AS ap12_weight,
            s.extendedness, coalesce(s.detect_isPrimary, true) AS is_primary
        FROM (
            SELECT n.* FROM %1$I.Source AS n
            WHERE n.hpx29 >= %2$s AND n.hpx29 < %3$s AND n.objectId >= %2$s AND n.objectId < %3$s
            UNION ALL
            SELECT b.* FROM association.SourceGroup AS g
            JOIN %1$I.Source AS b ON b.hpx29 = g.hpx29 AND b.sourceId = g.sourceId
            WHERE g.release = %4$L AND association.discovered_elsewhere(g.objectId, g.hpx29, %2$s, %3$s)
        ) AS s
        JOIN raw.Visit AS v USING (visit)
        -- Sums of floating-point numbers depend on their order: this one is always the same.
        ORDER BY s.objectId, s.visit, s.sourceId
        $select$,
        release_name, lo, hi, release_name
    );

    -- One row per object: mean position.
    CREATE TEMPORARY TABLE object_position ON COMMIT DROP AS
    SELECT
        m.objectId, m.solutionId, m.is_primary, m.epoch,
        CASE WHEN m.alpha < 0 AND m.alpha + 360 < 360 THEN m.alpha + 360 ELSE greatest(m.alpha, 0) END AS ra,
        m.delta, m.raErr, m.decErr, m.ra_dec_Cov
    FROM (
        SELECT
            s.objectId, max(s.solutionId) AS solutionId, bool_or(s.is_primary) AS is_primary,
            coalesce(sum(s.weight * s.mjd) / sum(s.weight), avg(s.mjd)) AS epoch,
            degrees(atan2(
                coalesce(sum(s.weight * s.y), sum(s.y)), coalesce(sum(s.weight * s.x), sum(s.x))
            )) AS alpha,
            degrees(atan2(
                coalesce(sum(s.weight * s.z), sum(s.z)),
                sqrt(coalesce(sum(s.weight * s.x), sum(s.x)) ^ 2 + coalesce(sum(s.weight * s.y), sum(s.y)) ^ 2)
            )) AS delta,
            sqrt(sum((s.weight * s.raErr) ^ 2)) / sum(s.weight) AS raErr,
            sqrt(sum((s.weight * s.decErr) ^ 2)) / sum(s.weight) AS decErr,
            sum(s.weight ^ 2 * s.ra_dec_Cov) / sum(s.weight) ^ 2 AS ra_dec_Cov
        FROM pg_temp.object_source AS s
        GROUP BY s.objectId
    ) AS m;

    -- One row per object and band: mean fluxes.
    CREATE TEMPORARY TABLE object_band ON COMMIT DROP AS
    SELECT
        s.objectId, s.band,
        sum(s.psf_weight * s.psfFlux) / sum(s.psf_weight) AS psfFlux,
        1 / sqrt(sum(s.psf_weight)) AS psfFluxErr,
        sum(s.ap06_weight * s.ap06Flux) / sum(s.ap06_weight) AS ap06Flux,
        1 / sqrt(sum(s.ap06_weight)) AS ap06FluxErr,
        sum(s.ap12_weight * s.ap12Flux) / sum(s.ap12_weight) AS ap12Flux,
        1 / sqrt(sum(s.ap12_weight)) AS ap12FluxErr,
        (avg(s.extendedness) >= 0.5)::integer AS extendedness,
        count(*) AS inputCount, avg(s.mjd) AS epoch
    FROM pg_temp.object_source AS s
    GROUP BY s.objectId, s.band;
    ANALYZE pg_temp.object_position;
    ANALYZE pg_temp.object_band;

    EXECUTE format('DELETE FROM %I.Object WHERE objectId >= $1 AND objectId < $2', release_name) USING lo, hi;
    EXECUTE format(
        $insert$
        INSERT INTO %I.Object (
            objectId, solutionId, coord_ra, coord_dec, coord_raErr, coord_decErr, coord_ra_dec_Cov,
            epoch, detect_isPrimary, refBand, refExtendedness,
            u_psfFlux, u_psfFluxErr, u_psfFlux_flag, u_psfMag, u_psfMagErr, u_ap06Flux, u_ap06FluxErr,
            u_ap12Flux, u_ap12FluxErr, u_apFlux_flag, u_extendedness, u_extendedness_flag, u_inputCount,
            u_epoch,
            g_psfFlux, g_psfFluxErr, g_psfFlux_flag, g_psfMag, g_psfMagErr, g_ap06Flux, g_ap06FluxErr,
            g_ap12Flux, g_ap12FluxErr, g_apFlux_flag, g_extendedness, g_extendedness_flag, g_inputCount,
            g_epoch,
            r_psfFlux, r_psfFluxErr, r_psfFlux_flag, r_psfMag, r_psfMagErr, r_ap06Flux, r_ap06FluxErr,
            r_ap12Flux, r_ap12FluxErr, r_apFlux_flag, r_extendedness, r_extendedness_flag, r_inputCount,
            r_epoch,
            i_psfFlux, i_psfFluxErr, i_psfFlux_flag, i_psfMag, i_psfMagErr, i_ap06Flux, i_ap06FluxErr,
            i_ap12Flux, i_ap12FluxErr, i_apFlux_flag, i_extendedness, i_extendedness_flag, i_inputCount,
            i_epoch,
            z_psfFlux, z_psfFluxErr, z_psfFlux_flag, z_psfMag, z_psfMagErr, z_ap06Flux, z_ap06FluxErr,
            z_ap12Flux, z_ap12FluxErr, z_apFlux_flag, z_extendedness, z_extendedness_flag, z_inputCount,
            z_epoch,
            y_psfFlux, y_psfFluxErr, y_psfFlux_flag, y_psfMag, y_psfMagErr, y_ap06Flux, y_ap06FluxErr,
            y_ap12Flux, y_ap12FluxErr, y_apFlux_flag, y_extendedness, y_extendedness_flag, y_inputCount,
            y_epoch
        )
        SELECT
            p.objectId, p.solutionId, p.ra, p.delta, p.raErr, p.decErr, p.ra_dec_Cov,
            p.epoch, p.is_primary, f.refBand,
            CASE f.refBand WHEN 'u' THEN u.extendedness WHEN 'g' THEN g.extendedness WHEN 'r' THEN r.extendedness
                WHEN 'i' THEN i.extendedness WHEN 'z' THEN z.extendedness WHEN 'y' THEN y.extendedness END,
            u.psfFlux, u.psfFluxErr, u.psfFlux IS NULL,
            sky.scisql_nanojanskyToAbMag(u.psfFlux),
            sky.scisql_nanojanskyToAbMagSigma(u.psfFlux, u.psfFluxErr),
            u.ap06Flux, u.ap06FluxErr, u.ap12Flux, u.ap12FluxErr, u.ap12Flux IS NULL,
            u.extendedness, u.extendedness IS NULL, coalesce(u.inputCount, 0), u.epoch,
            g.psfFlux, g.psfFluxErr, g.psfFlux IS NULL,
            sky.scisql_nanojanskyToAbMag(g.psfFlux),
            sky.scisql_nanojanskyToAbMagSigma(g.psfFlux, g.psfFluxErr),
            g.ap06Flux, g.ap06FluxErr, g.ap12Flux, g.ap12FluxErr, g.ap12Flux IS NULL,
            g.extendedness, g.extendedness IS NULL, coalesce(g.inputCount, 0), g.epoch,
            r.psfFlux, r.psfFluxErr, r.psfFlux IS NULL,
            sky.scisql_nanojanskyToAbMag(r.psfFlux),
            sky.scisql_nanojanskyToAbMagSigma(r.psfFlux, r.psfFluxErr),
            r.ap06Flux, r.ap06FluxErr, r.ap12Flux, r.ap12FluxErr, r.ap12Flux IS NULL,
            r.extendedness, r.extendedness IS NULL, coalesce(r.inputCount, 0), r.epoch,
            i.psfFlux, i.psfFluxErr, i.psfFlux IS NULL,
            sky.scisql_nanojanskyToAbMag(i.psfFlux),
            sky.scisql_nanojanskyToAbMagSigma(i.psfFlux, i.psfFluxErr),
            i.ap06Flux, i.ap06FluxErr, i.ap12Flux, i.ap12FluxErr, i.ap12Flux IS NULL,
            i.extendedness, i.extendedness IS NULL, coalesce(i.inputCount, 0), i.epoch,
            z.psfFlux, z.psfFluxErr, z.psfFlux IS NULL,
            sky.scisql_nanojanskyToAbMag(z.psfFlux),
            sky.scisql_nanojanskyToAbMagSigma(z.psfFlux, z.psfFluxErr),
            z.ap06Flux, z.ap06FluxErr, z.ap12Flux, z.ap12FluxErr, z.ap12Flux IS NULL,
            z.extendedness, z.extendedness IS NULL, coalesce(z.inputCount, 0), z.epoch,
            y.psfFlux, y.psfFluxErr, y.psfFlux IS NULL,
            sky.scisql_nanojanskyToAbMag(y.psfFlux),
            sky.scisql_nanojanskyToAbMagSigma(y.psfFlux, y.psfFluxErr),
            y.ap06Flux, y.ap06FluxErr, y.ap12Flux, y.ap12FluxErr, y.ap12Flux IS NULL,
            y.extendedness, y.extendedness IS NULL, coalesce(y.inputCount, 0), y.epoch
        FROM pg_temp.object_position AS p
        LEFT JOIN pg_temp.object_band AS u ON u.objectId = p.objectId AND u.band = 'u'
        LEFT JOIN pg_temp.object_band AS g ON g.objectId = p.objectId AND g.band = 'g'
        LEFT JOIN pg_temp.object_band AS r ON r.objectId = p.objectId AND r.band = 'r'
        LEFT JOIN pg_temp.object_band AS i ON i.objectId = p.objectId AND i.band = 'i'
        LEFT JOIN pg_temp.object_band AS z ON z.objectId = p.objectId AND z.band = 'z'
        LEFT JOIN pg_temp.object_band AS y ON y.objectId = p.objectId AND y.band = 'y'
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN i.psfFlux IS NOT NULL THEN 'i'
                WHEN r.psfFlux IS NOT NULL THEN 'r'
                WHEN z.psfFlux IS NOT NULL THEN 'z'
                WHEN y.psfFlux IS NOT NULL THEN 'y'
                WHEN g.psfFlux IS NOT NULL THEN 'g'
                WHEN u.psfFlux IS NOT NULL THEN 'u'
            END AS refBand
        ) AS f
        ORDER BY p.objectId
        $insert$,
        release_name
    );
    GET DIAGNOSTICS written = ROW_COUNT;
    DROP TABLE pg_temp.object_source, pg_temp.object_position, pg_temp.object_band;
    RETURN written;
END
$$;

COMMENT ON FUNCTION association.make_objects(text, bigint, bigint) IS
    'Makes the objects of a release with objectId in [lo, hi) from its calibrated Source: mean positions, and mean fluxes per band. Returns their number; running it again gives the same.';
