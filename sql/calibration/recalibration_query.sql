-- The query of calibration.recalibrate: raw rows of a catalog with fluxes, as SQL text.
--
-- No temporary table and no Python: parallel workers can run all of it. Its parameters are $1 and $2, the
-- bounds of the stretch, $3 and $4, the ids of solution and passbands, and from $5 on the numbers of the SED.
CREATE OR REPLACE FUNCTION calibration.recalibration_query(catalog text, has_star_flat boolean) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    key text := CASE WHEN catalog IN ('Source', 'DiaSource') THEN 'hpx29' ELSE 'objectId' END;
    -- Names of fluxes in the raw table, and in the table to be made.
    fluxes text[] := CASE catalog
        WHEN 'ForcedSource' THEN '{psf,psfDiff}'
        WHEN 'DiaSource' THEN '{psf,ap12}'
        WHEN 'Source' THEN '{psf,ap03,ap06,ap09,ap12,ap17,ap25,ap35,ap50,ap70,gaussian,kron}'
        WHEN 'Object' THEN '{psf}'
    END;
    factor text := CASE
        WHEN has_star_flat THEN
            'k.factor * coalesce(calibration.star_flat(flat.coefficients, flat.nx, flat.ny, r.x, r.y), 1)'
        ELSE 'k.factor'
    END;
    columns text := CASE catalog
        WHEN 'ForcedSource' THEN 'r.objectId, r.visit, r.detector, k.band, r.psfInstFlux_flag AS psfFlux_flag,'
            ' r.psfDiffInstFlux_flag AS psfDiffFlux_flag'
        WHEN 'DiaSource' THEN 'r.hpx29, r.diaSourceId, r.visit, r.detector, k.band, r.psfInstFlux_flag AS psfFlux_flag'
        WHEN 'Source' THEN 'r.hpx29, r.sourceId, r.visit, r.detector, k.band, r.psfInstFlux_flag AS psfFlux_flag'
        WHEN 'Object' THEN 'r.objectId, k.band, r.psfInstFlux_flag AS psfFlux_flag'
    END;
    made text;
BEGIN
    IF fluxes IS NULL THEN
        RAISE EXCEPTION 'there is no catalog % to recalibrate', quote_nullable(catalog)
            USING HINT = 'Name one of ForcedSource, Source, DiaSource, Object.';
    END IF;
    SELECT string_agg(
        format(', r.%1$sInstFlux * %3$s AS %2$sFlux, r.%1$sInstFluxErr * %3$s AS %2$sFluxErr',
            u.name, CASE WHEN catalog = 'DiaSource' AND u.name = 'ap12' THEN 'ap' ELSE u.name END, factor),
        '' ORDER BY u.n)
    INTO made
    FROM unnest(fluxes) WITH ORDINALITY AS u (name, n);
    made := 'SELECT ' || columns || made
        || ' FROM raw.' || CASE catalog WHEN 'Object' THEN 'ForcedSource' ELSE catalog END || ' AS r JOIN ('
        'SELECT c.visit, c.detector, c.band, p.zMean * calibration.chromatic_factor('
        'c.c1, c.c2, c.c3, c.c4, c.c5, c.c6, c.c7, c.c8, c.c9, c.c10,'
        ' s.g1, s.g2, s.g3, s.g4, s.g5, s.g6, s.g7, s.g8, s.g9, s.g10) AS factor'
        ' FROM calibration.PassbandCoefficient AS c'
        -- A detector without zero point has no flux: NULL, as in a release.
        ' LEFT JOIN calibration.PhotoCalib AS p ON p.solutionId = $3 AND p.visit = c.visit AND p.detector = c.detector'
        ' JOIN unnest($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)'
        ' AS s (band, g1, g2, g3, g4, g5, g6, g7, g8, g9, g10) ON s.band = c.band'
        -- Factors are computed once per passband; a plain OFFSET 0 would keep workers out.
        ' WHERE c.solutionId = $4 OFFSET bigint ''0'') AS k USING (visit, detector)'
        || CASE WHEN has_star_flat THEN ' LEFT JOIN calibration.StarFlat AS flat ON flat.solutionId = $3'
            ' AND flat.band = k.band AND flat.detector = r.detector' ELSE '' END
        || format(' WHERE r.%1$s >= $1 AND r.%1$s < $2', key);
    IF catalog = 'Object' THEN
        SELECT 'SELECT f.objectId'
            || string_agg(format(', sum(f.psfFlux * f.weight) FILTER (WHERE f.band = %1$L) / sum(f.weight) FILTER (WHERE f.band = %1$L) AS %1$s_psfFlux'
                ', 1 / sqrt(sum(f.weight) FILTER (WHERE f.band = %1$L)) AS %1$s_psfFluxErr', b.band), '' ORDER BY b.n)
            || ' FROM (SELECT i.*, CASE WHEN NOT i.psfFlux_flag AND abs(i.psfFlux) < ''Infinity'' AND i.psfFluxErr > 0'
            ' AND i.psfFluxErr < ''Infinity'' THEN 1 / i.psfFluxErr ^ 2 END AS weight FROM (' || made
            || ' OFFSET 0) AS i OFFSET 0) AS f GROUP BY f.objectId'
        INTO made
        FROM unnest('{u,g,r,i,z,y}'::text[]) WITH ORDINALITY AS b (band, n);
    END IF;
    RETURN made;
END
$$;

COMMENT ON FUNCTION calibration.recalibration_query(text, boolean) IS
    'The query of calibration.recalibrate for a catalog (ForcedSource, Source, DiaSource, or Object: means over ForcedSource), as SQL.';
