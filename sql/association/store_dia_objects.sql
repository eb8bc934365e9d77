-- Writes the DiaObjects whose sources are in pg_temp.dia_member into the release, and returns their number.
--
-- Everything is computed from the sources, nothing is added to earlier sums: the row is the same
-- whatever led to it. Columns that other stages fill (fpFlux, proper motion, features) are kept. Objects
-- of pg_temp.dia_touched that have no source any more are removed.
-- requires: dia_aggregates mean_dia_positions
CREATE OR REPLACE FUNCTION association.store_dia_objects(release_name text, batch_size integer DEFAULT 20000)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    bands CONSTANT text[] := '{u,g,r,i,z,y}';
    statistics CONSTANT text[] := '{psfFluxNdata, psfFluxMean, psfFluxMeanErr, psfFluxSigma, psfFluxErrMean,
        psfFluxChi2, psfFluxMin, psfFluxMax, psfFluxPercentile05, psfFluxPercentile25, psfFluxPercentile50,
        psfFluxPercentile75, psfFluxPercentile95, psfFluxMAD, psfFluxSkew, psfFluxMaxSlope,
        psfFluxLinearSlope, psfFluxLinearIntercept, psfFluxStetsonJ,
        scienceFluxMean, scienceFluxMeanErr, scienceFluxSigma}';
    columns text;
    statistic_values text;
    assignments text;
    joins text;
    written bigint;
BEGIN
    -- Whole objects go to Python together until they hold batch_size sources.
    CREATE TEMPORARY TABLE dia_numbered ON COMMIT DROP AS
    SELECT
        b.*,
        dense_rank() OVER (PARTITION BY b.batch ORDER BY b.diaObjectId)::integer AS object_number,
        dense_rank() OVER (PARTITION BY b.batch ORDER BY b.diaObjectId, b.band)::integer AS curve_number
    FROM (
        SELECT m.*, (rank() OVER (ORDER BY m.diaObjectId) - 1) / batch_size AS batch
        FROM pg_temp.dia_member AS m
    ) AS b
    -- Sums of floating-point numbers depend on their order: this one is always the same.
    ORDER BY b.batch, b.diaObjectId, b.mjd, b.visit, b.diaSourceId;
    ANALYZE pg_temp.dia_numbered;

    -- One row per object: position and what counts all bands.
    CREATE TEMPORARY TABLE dia_mean ON COMMIT DROP AS
    SELECT o.*, p.ra, p.decl, p.radecMjdTai, p.raErr, p.decErr, p.ra_dec_Cov
    FROM (
        SELECT
            n.batch, n.object_number, n.diaObjectId, max(n.solutionId) AS solutionId,
            min(n.mjd) AS first_mjd, max(n.mjd) AS last_mjd, count(*) AS nDiaSources
        FROM pg_temp.dia_numbered AS n
        GROUP BY n.batch, n.object_number, n.diaObjectId
    ) AS o
    JOIN (
        SELECT g.batch, u.*
        FROM (
            SELECT
                n.batch, array_agg(n.object_number) AS number, array_agg(n.mjd) AS mjd,
                array_agg(n.ra) AS ra, array_agg(n.dec) AS dec,
                array_agg(n.raErr::float8) AS ra_err, array_agg(n.decErr::float8) AS dec_err,
                array_agg(n.ra_dec_Cov::float8) AS cov
            FROM pg_temp.dia_numbered AS n
            GROUP BY n.batch
        ) AS g
        CROSS JOIN LATERAL association.mean_dia_positions(
            g.number, g.mjd, g.ra, g.dec, g.ra_err, g.dec_err, g.cov
        ) AS m
        CROSS JOIN LATERAL unnest(m.ra, m.dec, m.radecMjdTai, m.raErr, m.decErr, m.ra_dec_Cov)
            WITH ORDINALITY AS u (ra, decl, radecMjdTai, raErr, decErr, ra_dec_Cov, object_number)
    ) AS p USING (batch, object_number);

    -- One row per object and band: statistics of its light curve.
    CREATE TEMPORARY TABLE dia_curve ON COMMIT DROP AS
    SELECT o.diaObjectId, o.band, p.*
    FROM (
        SELECT DISTINCT n.batch, n.curve_number, n.diaObjectId, n.band FROM pg_temp.dia_numbered AS n
    ) AS o
    JOIN (
        SELECT g.batch, u.*
        FROM (
            SELECT
                n.batch, array_agg(n.curve_number) AS curve, array_agg(n.mjd) AS mjd,
                array_agg(n.psfFlux) AS flux, array_agg(n.psfFluxErr::float8) AS flux_err,
                array_agg(n.scienceFlux::float8) AS science, array_agg(n.scienceFluxErr::float8) AS science_err
            FROM pg_temp.dia_numbered AS n
            GROUP BY n.batch
        ) AS g
        CROSS JOIN LATERAL association.dia_aggregates(
            g.curve, g.mjd, g.flux, g.flux_err, g.science, g.science_err
        ) AS a
        CROSS JOIN LATERAL unnest(
            a.psfFluxNdata, a.psfFluxMean, a.psfFluxMeanErr, a.psfFluxSigma, a.psfFluxErrMean,
            a.psfFluxChi2, a.psfFluxMin, a.psfFluxMax, a.psfFluxPercentile05, a.psfFluxPercentile25,
            a.psfFluxPercentile50, a.psfFluxPercentile75, a.psfFluxPercentile95, a.psfFluxMAD, a.psfFluxSkew,
            a.psfFluxMaxSlope, a.psfFluxLinearSlope, a.psfFluxLinearIntercept, a.psfFluxStetsonJ,
            a.scienceFluxMean, a.scienceFluxMeanErr, a.scienceFluxSigma
        ) WITH ORDINALITY AS u (
            psfFluxNdata, psfFluxMean, psfFluxMeanErr, psfFluxSigma, psfFluxErrMean,
            psfFluxChi2, psfFluxMin, psfFluxMax, psfFluxPercentile05, psfFluxPercentile25,
            psfFluxPercentile50, psfFluxPercentile75, psfFluxPercentile95, psfFluxMAD, psfFluxSkew,
            psfFluxMaxSlope, psfFluxLinearSlope, psfFluxLinearIntercept, psfFluxStetsonJ,
            scienceFluxMean, scienceFluxMeanErr, scienceFluxSigma, curve_number
        )
    ) AS p USING (batch, curve_number);
    ANALYZE pg_temp.dia_mean;
    ANALYZE pg_temp.dia_curve;

    -- The columns of a band differ in their first letter alone.
    SELECT
        string_agg(format('%s_%s', b, s), ', ' ORDER BY b, s),
        string_agg(format(CASE s WHEN 'psfFluxNdata' THEN 'coalesce(%s.%s, 0)' ELSE '%s.%s' END, b, s), ', ' ORDER BY b, s),
        string_agg(format('%1$s_%2$s = excluded.%1$s_%2$s', b, s), ', ' ORDER BY b, s)
    INTO columns, statistic_values, assignments
    FROM unnest(bands) AS b CROSS JOIN unnest(statistics) AS s;
    SELECT string_agg(format(
        'LEFT JOIN pg_temp.dia_curve AS %1$I ON %1$I.diaObjectId = p.diaObjectId AND %1$I.band = %1$L', b), ' ')
    INTO joins FROM unnest(bands) AS b;
    EXECUTE format(
        $insert$
        INSERT INTO %1$I.DiaObject (
            diaObjectId, solutionId, ra, dec, raErr, decErr, ra_dec_Cov, radecMjdTai,
            firstDiaSourceMjdTai, lastDiaSourceMjdTai, nDiaSources, %2$s
        )
        SELECT
            p.diaObjectId, p.solutionId, p.ra, p.decl, p.raErr, p.decErr, p.ra_dec_Cov, p.radecMjdTai,
            p.first_mjd, p.last_mjd, p.nDiaSources, %3$s
        FROM pg_temp.dia_mean AS p %4$s
        ORDER BY p.diaObjectId
        ON CONFLICT (diaObjectId) DO UPDATE SET
            solutionId = excluded.solutionId, ra = excluded.ra, dec = excluded.dec,
            raErr = excluded.raErr, decErr = excluded.decErr, ra_dec_Cov = excluded.ra_dec_Cov,
            radecMjdTai = excluded.radecMjdTai, firstDiaSourceMjdTai = excluded.firstDiaSourceMjdTai,
            lastDiaSourceMjdTai = excluded.lastDiaSourceMjdTai, nDiaSources = excluded.nDiaSources, %5$s
        $insert$,
        release_name, columns, statistic_values, joins, assignments
    );
    GET DIAGNOSTICS written = ROW_COUNT;
    EXECUTE format(
        'DELETE FROM %I.DiaObject AS o USING pg_temp.dia_touched AS t WHERE o.diaObjectId = t.diaObjectId '
        'AND NOT EXISTS (SELECT FROM pg_temp.dia_mean AS m WHERE m.diaObjectId = t.diaObjectId)',
        release_name
    );
    DROP TABLE pg_temp.dia_numbered, pg_temp.dia_mean, pg_temp.dia_curve;
    RETURN written;
END
$$;

COMMENT ON FUNCTION association.store_dia_objects(text, integer) IS
    'A step of DiaObject generation: computes the DiaObjects whose DiaSources are in pg_temp.dia_member (docs/association.md has the formulas), writes them, and removes those of pg_temp.dia_touched that have none.';
