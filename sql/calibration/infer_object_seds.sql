-- Infers the spectra of a release's objects with objectId in [lo, hi), into a solution of kind sed; returns how many.
--
-- Colours are those of the release. If it was made with kappa = 1, they are recalibrated with the spectra
-- of a first pass, in the passbands that its Source was observed in, and spectra inferred again.
-- requires: extent find_solution require_free_tables store_seds
CREATE OR REPLACE FUNCTION calibration.infer_object_seds(release_name text, lo bigint, hi bigint, solution_name text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- A set of passbands made a moment ago is in no statistics: its many rows would be taken for one.
SET enable_nestloop = off
AS $$
DECLARE
    solution_id bigint := calibration.find_solution('sed', solution_name);
    set_id bigint;
    is_flat boolean;
    is_new boolean;
BEGIN
    SELECT r.sedSolutionId IS NULL INTO is_flat FROM meta.Release AS r WHERE r.release = release_name;
    IF is_flat IS NULL THEN
        RAISE EXCEPTION 'there is no release %', coalesce(release_name, 'NULL')
            USING HINT = 'SELECT release FROM meta.Release lists those there are.';
    END IF;
    -- A piece is written whole or not at all: one that was is not read again. Bounds for both tables: joined without
    -- nested loops, all of the solution would be read for every piece.
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %I.Object AS o WHERE o.objectId >= $1 AND o.objectId < $2 AND NOT EXISTS'
        ' (SELECT FROM calibration.ObjectSed AS s WHERE s.solutionId = $3 AND s.objectId = o.objectId'
        ' AND s.objectId >= $1 AND s.objectId < $2))',
        release_name
    ) INTO is_new USING lo, hi, solution_id;
    IF NOT is_new THEN
        RETURN 0;
    END IF;
    PERFORM calibration.require_free_tables('{sed_passband,sed_flux}');
    SELECT calibration.find_solution('passband', s.parameters::jsonb ->> 'passbands') INTO set_id
    FROM calibration.Solution AS s WHERE s.solutionId = solution_id;

    -- All passbands of the set are hashed: 0.1 s for 100,000, as long as finding those that this stretch was seen in.
    CREATE TEMPORARY TABLE sed_passband (objectId bigint, band text, c float8[]) ON COMMIT DROP;
    IF is_flat THEN
        EXECUTE format(
            $insert$
            INSERT INTO pg_temp.sed_passband
            SELECT s.objectId, s.band, ARRAY[
                sum(s.w * c.c1) / sum(s.w), sum(s.w * c.c2) / sum(s.w), sum(s.w * c.c3) / sum(s.w),
                sum(s.w * c.c4) / sum(s.w), sum(s.w * c.c5) / sum(s.w), sum(s.w * c.c6) / sum(s.w),
                sum(s.w * c.c7) / sum(s.w), sum(s.w * c.c8) / sum(s.w), sum(s.w * c.c9) / sum(s.w),
                sum(s.w * c.c10) / sum(s.w)]
            FROM (
                SELECT n.objectId, n.visit, n.detector, n.band, 1 / n.psfFluxErr::float8 ^ 2 AS w
                FROM %1$I.Source AS n
                WHERE n.hpx29 >= %2$s AND n.hpx29 < %3$s AND n.objectId >= %2$s AND n.objectId < %3$s
                    AND n.psfFluxErr > 0 AND n.psfFluxErr < 'Infinity' AND NOT n.psfFlux_flag
                UNION ALL
                -- A few detections of these objects lie just beyond the bounds.
                SELECT b.objectId, b.visit, b.detector, b.band, 1 / b.psfFluxErr::float8 ^ 2
                FROM association.SourceGroup AS g
                JOIN %1$I.Source AS b ON b.hpx29 = g.hpx29 AND b.sourceId = g.sourceId
                WHERE g.release = %4$L
                    AND association.discovered_elsewhere(g.objectId, g.hpx29, %2$s, %3$s)
                    AND b.psfFluxErr > 0 AND b.psfFluxErr < 'Infinity' AND NOT b.psfFlux_flag
            ) AS s
            JOIN calibration.PassbandCoefficient AS c ON c.visit = s.visit AND c.detector = s.detector
            WHERE c.solutionId = %5$s
            GROUP BY s.objectId, s.band
            $insert$,
            release_name, lo, hi, release_name, set_id
        );
    END IF;
    ANALYZE pg_temp.sed_passband;

    EXECUTE format(
        $create$
        CREATE TEMPORARY TABLE sed_flux ON COMMIT DROP AS
        SELECT
            o.objectId, calibration.extent(o.refExtendedness) AS extent,
            ARRAY[
                coalesce(o.u_psfFlux, 'NaN'), coalesce(o.g_psfFlux, 'NaN'), coalesce(o.r_psfFlux, 'NaN'),
                coalesce(o.i_psfFlux, 'NaN'), coalesce(o.z_psfFlux, 'NaN'), coalesce(o.y_psfFlux, 'NaN')
            ]::float8[] AS flux,
            ARRAY[
                coalesce(o.u_psfFluxErr, 'NaN'), coalesce(o.g_psfFluxErr, 'NaN'), coalesce(o.r_psfFluxErr, 'NaN'),
                coalesce(o.i_psfFluxErr, 'NaN'), coalesce(o.z_psfFluxErr, 'NaN'), coalesce(o.y_psfFluxErr, 'NaN')
            ]::float8[] AS fluxErr,
            CASE WHEN %4$L THEN
                coalesce(u.c, z.none) || coalesce(g.c, z.none) || coalesce(r.c, z.none)
                || coalesce(i.c, z.none) || coalesce(k.c, z.none) || coalesce(y.c, z.none)
            END AS coefficient,
            NULL::bigint AS given
        FROM %1$I.Object AS o
        LEFT JOIN pg_temp.sed_passband AS u ON u.objectId = o.objectId AND u.band = 'u'
        LEFT JOIN pg_temp.sed_passband AS g ON g.objectId = o.objectId AND g.band = 'g'
        LEFT JOIN pg_temp.sed_passband AS r ON r.objectId = o.objectId AND r.band = 'r'
        LEFT JOIN pg_temp.sed_passband AS i ON i.objectId = o.objectId AND i.band = 'i'
        LEFT JOIN pg_temp.sed_passband AS k ON k.objectId = o.objectId AND k.band = 'z'
        LEFT JOIN pg_temp.sed_passband AS y ON y.objectId = o.objectId AND y.band = 'y'
        CROSS JOIN (SELECT array_fill(0::float8, '{10}') AS none) AS z
        WHERE o.objectId >= %2$s AND o.objectId < %3$s
        $create$,
        release_name, lo, hi, is_flat
    );
    DROP TABLE pg_temp.sed_passband;
    RETURN calibration.store_seds(solution_id);
END
$$;

COMMENT ON FUNCTION calibration.infer_object_seds(text, bigint, bigint, text) IS
    'Infers the spectra of a release''s objects with objectId in [lo, hi) from their colours (LDM-151 5.6.2) into a solution of calibration.begin_seds, in two passes if the release was made with kappa = 1. Returns their number; running it again adds nothing.';
