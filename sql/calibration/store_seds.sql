-- A step of inferring spectra: those of the objects in pg_temp.sed_flux, which is dropped, go into a solution; returns how many.
--
-- The table has objectId bigint, extent bigint (0 unknown, 1 point, 2 extended), flux and fluxErr float8[]
-- in u g r i z y (NaN for none), coefficient float8[] (60 means of coefficients of the observed passbands,
-- of all objects or of none), given bigint (a template, of all objects or of none). Objects that the
-- solution has already are left as they are.
-- requires: inferred_seds sed_grid
CREATE OR REPLACE FUNCTION calibration.store_seds(solution_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    batch_size CONSTANT integer := 20000;
    grid record;
    batch record;
    psf_solution bigint;
    written bigint := 0;
    twice record;
BEGIN
    SELECT f.objectId, count(*) AS n INTO twice
    FROM pg_temp.sed_flux AS f GROUP BY f.objectId HAVING count(*) > 1 OR f.objectId IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'object % is given % times', coalesce(twice.objectId::text, 'NULL'), twice.n
            USING HINT = 'Give each object once, with an id.';
    END IF;
    SELECT (s.parameters::jsonb ->> 'psfSeds')::bigint INTO psf_solution
    FROM calibration.Solution AS s WHERE s.solutionId = solution_id;
    SELECT * INTO grid FROM calibration.sed_grid(solution_id);
    -- Bounds: else all of the solution might be read, for every part of the sky.
    DELETE FROM pg_temp.sed_flux AS f
    USING calibration.ObjectSed AS s
    WHERE s.solutionId = solution_id AND s.objectId = f.objectId
        AND s.objectId >= (SELECT min(b.objectId) FROM pg_temp.sed_flux AS b)
        AND s.objectId <= (SELECT max(b.objectId) FROM pg_temp.sed_flux AS b);
    FOR batch IN
        SELECT
            array_agg(n.objectId) AS ids, min(n.objectId) AS first, max(n.objectId) AS last,
            sky.array_bytes(array_agg(n.flux)) AS flux, sky.array_bytes(array_agg(n.fluxErr)) AS flux_err,
            sky.array_bytes(array_agg(n.extent)) AS extent,
            sky.array_bytes(array_agg(n.coefficient) FILTER (WHERE n.coefficient IS NOT NULL)) AS coefficient,
            sky.array_bytes(array_agg(n.given) FILTER (WHERE n.given IS NOT NULL)) AS given
        FROM (
            SELECT f.*, (row_number() OVER (ORDER BY f.objectId) - 1) / batch_size AS part
            FROM pg_temp.sed_flux AS f
        ) AS n
        GROUP BY n.part ORDER BY n.part
    LOOP
        WITH inferred AS MATERIALIZED (
            SELECT batch.ids[i.place] AS objectId, i.*
            FROM calibration.inferred_seds(
                batch.flux, batch.flux_err, batch.extent, batch.coefficient, batch.given,
                grid.template_id, grid.kind, grid.prior, grid.f_nu, grid.bands, grid.standards, grid.curves
            ) AS i
        ), recorded AS (
            INSERT INTO calibration.ObjectSed (
                solutionId, objectId, method, templateId, weight, referenceBand, colour, colourErr,
                chi2, nBand, psfSedSolutionId, psfSed_flag
            )
            SELECT
                solution_id, i.objectId, i.method, i.templateId, i.weight, i.referenceBand,
                i.colour, i.colourErr, i.chi2, i.nBand, psf_solution,
                (coalesce(p.method, 'flat'), p.templateId, p.weight, p.colour)
                    IS DISTINCT FROM (i.method, i.templateId, i.weight, CASE WHEN p.method IS NOT NULL THEN i.colour END)
            FROM inferred AS i
            LEFT JOIN calibration.ObjectSed AS p ON p.solutionId = psf_solution AND p.objectId = i.objectId
                AND p.objectId >= batch.first AND p.objectId <= batch.last
        )
        INSERT INTO calibration.ObjectChrom (solutionId, objectId, band, g1, g2, g3, g4, g5, g6, g7, g8, g9, g10)
        SELECT
            solution_id, i.objectId, b.band,
            i.g[b.n + 1], i.g[b.n + 2], i.g[b.n + 3], i.g[b.n + 4], i.g[b.n + 5],
            i.g[b.n + 6], i.g[b.n + 7], i.g[b.n + 8], i.g[b.n + 9], i.g[b.n + 10]
        FROM inferred AS i
        CROSS JOIN (
            SELECT a.band, 10 * (position(a.band IN 'ugrizy') - 1) AS n
            FROM string_to_table(grid.bands, NULL) AS a (band)
        ) AS b
        WHERE i.method <> 'flat';
        written := written + cardinality(batch.ids);
    END LOOP;
    DROP TABLE pg_temp.sed_flux;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.store_seds(bigint) IS
    'A step of inferring spectra: those of the objects in pg_temp.sed_flux go into a solution of kind sed (calibration.begin_seds). Returns their number; objects it has already are left as they are.';
