-- Writes the DiaObjects whose sources are in pg_temp.dia_member into the release, and returns their number.
--
-- Everything is computed from the sources, nothing is added to earlier sums: the row is the same
-- whatever led to it. Light curves are computed in the bands given, in which sources came or went; their
-- columns in the others, and those that other stages fill (fpFlux, proper motion, features), are kept.
-- Objects of pg_temp.dia_touched that have no source any more are removed.
-- requires: dia_aggregates mean_dia_positions
CREATE OR REPLACE FUNCTION association.store_dia_objects(
    release_name text, bands text[] DEFAULT '{u,g,r,i,z,y}'
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Groups are hashed: to sort rows by batch and band would mix up those of an object.
SET enable_sort = off SET default_statistics_target = 10
AS $$
DECLARE
    statistics CONSTANT text[] := '{psfFluxNdata, psfFluxMean, psfFluxMeanErr, psfFluxSigma, psfFluxErrMean,
        psfFluxChi2, psfFluxMin, psfFluxMax, psfFluxPercentile05, psfFluxPercentile25, psfFluxPercentile50,
        psfFluxPercentile75, psfFluxPercentile95, psfFluxMAD, psfFluxSkew, psfFluxMaxSlope,
        psfFluxLinearSlope, psfFluxLinearIntercept, psfFluxStetsonJ,
        scienceFluxMean, scienceFluxMeanErr, scienceFluxSigma}';
    columns text;
    statistic_values text;
    assignments text;
    joins text;
    vanished bigint[];
    written bigint;
BEGIN
    -- One row per object: what counts all bands. Results of functions are stored by themselves and
    -- joined when their size is known: a planner that guesses would call them once per row.
    CREATE TEMPORARY TABLE dia_count ON COMMIT DROP AS
    SELECT
        s.diaObjectId, max(s.solutionId) AS solutionId,
        min(s.mjd) AS first_mjd, max(s.mjd) AS last_mjd, count(*) AS nDiaSources
    FROM pg_temp.dia_member AS s
    GROUP BY s.diaObjectId;
    CREATE TEMPORARY TABLE dia_mean ON COMMIT DROP AS
    SELECT u.*
    FROM (
        SELECT
            array_agg(s.diaObjectId) AS ids, array_agg(s.mjd) AS mjd, array_agg(s.ra) AS ra, array_agg(s.dec) AS dec,
            array_agg(s.raErr::float8) AS ra_err, array_agg(s.decErr::float8) AS dec_err,
            array_agg(s.ra_dec_Cov::float8) AS cov
        FROM pg_temp.dia_member AS s
        GROUP BY s.batch
    ) AS g
    CROSS JOIN LATERAL association.mean_dia_positions(
        g.ids, g.mjd, g.ra, g.dec, g.ra_err, g.dec_err, g.cov
    ) AS m
    CROSS JOIN LATERAL unnest(m.diaObjectId, m.ra, m.dec, m.radecMjdTai, m.raErr, m.decErr, m.ra_dec_Cov)
        AS u (diaObjectId, ra, decl, radecMjdTai, raErr, decErr, ra_dec_Cov);

    -- One row per object and band: statistics of its light curve.
    CREATE TEMPORARY TABLE dia_curve ON COMMIT DROP AS
    SELECT g.band, u.*
    FROM (
        SELECT
            s.band, array_agg(s.diaObjectId) AS ids, array_agg(s.mjd) AS mjd,
            array_agg(s.psfFlux::float8) AS flux, array_agg(s.psfFluxErr::float8) AS flux_err,
            array_agg(s.scienceFlux::float8) AS science, array_agg(s.scienceFluxErr::float8) AS science_err
        FROM pg_temp.dia_member AS s
        WHERE s.band = ANY (bands)
        GROUP BY s.batch, s.band
    ) AS g
    CROSS JOIN LATERAL association.dia_aggregates(
        g.ids, g.mjd, g.flux, g.flux_err, g.science, g.science_err
    ) AS a
    CROSS JOIN LATERAL unnest(
        a.diaObjectId, a.psfFluxNdata, a.psfFluxMean, a.psfFluxMeanErr, a.psfFluxSigma, a.psfFluxErrMean,
        a.psfFluxChi2, a.psfFluxMin, a.psfFluxMax, a.psfFluxPercentile05, a.psfFluxPercentile25,
        a.psfFluxPercentile50, a.psfFluxPercentile75, a.psfFluxPercentile95, a.psfFluxMAD, a.psfFluxSkew,
        a.psfFluxMaxSlope, a.psfFluxLinearSlope, a.psfFluxLinearIntercept, a.psfFluxStetsonJ,
        a.scienceFluxMean, a.scienceFluxMeanErr, a.scienceFluxSigma
    ) AS u (
        diaObjectId, psfFluxNdata, psfFluxMean, psfFluxMeanErr, psfFluxSigma, psfFluxErrMean,
        psfFluxChi2, psfFluxMin, psfFluxMax, psfFluxPercentile05, psfFluxPercentile25,
        psfFluxPercentile50, psfFluxPercentile75, psfFluxPercentile95, psfFluxMAD, psfFluxSkew,
        psfFluxMaxSlope, psfFluxLinearSlope, psfFluxLinearIntercept, psfFluxStetsonJ,
        scienceFluxMean, scienceFluxMeanErr, scienceFluxSigma
    );
    -- Of the key alone: statistics of all columns would cost more than the join.
    ANALYZE pg_temp.dia_count (diaObjectId);
    ANALYZE pg_temp.dia_mean (diaObjectId);
    ANALYZE pg_temp.dia_curve (diaObjectId, band);

    -- The columns of a band differ in their first letter alone.
    -- A new object has no data in a band that is not given.
    SELECT
        string_agg(format('%s_%s', b, s), ', ' ORDER BY b, s),
        string_agg(format(
            CASE WHEN b <> ALL (bands) THEN '0' WHEN s = 'psfFluxNdata' THEN 'coalesce(%s.%s, 0)' ELSE '%s.%s' END, b, s
        ), ', ' ORDER BY b, s),
        string_agg(format(', %1$s_%2$s = excluded.%1$s_%2$s', b, s), '') FILTER (WHERE b = ANY (bands))
    INTO columns, statistic_values, assignments
    FROM unnest('{u,g,r,i,z,y}'::text[]) AS b
    JOIN unnest(statistics) AS s ON s = 'psfFluxNdata' OR b = ANY (bands);
    SELECT string_agg(format(
        'LEFT JOIN pg_temp.dia_curve AS %1$I ON %1$I.diaObjectId = p.diaObjectId AND %1$I.band = %1$L', b), ' ')
    INTO joins FROM unnest(bands) AS b;
    EXECUTE format(
        $insert$
        INSERT INTO %1$I.DiaObject (
            diaObjectId, solutionId, ra, dec, raErr, decErr, ra_dec_Cov, radecMjdTai,
            firstDiaSourceMjdTai, lastDiaSourceMjdTai, validityStartMjdTai, nDiaSources, %2$s
        )
        SELECT
            p.diaObjectId, p.solutionId, m.ra, m.decl, m.raErr, m.decErr, m.ra_dec_Cov, m.radecMjdTai,
            p.first_mjd, p.last_mjd, p.last_mjd, p.nDiaSources, %3$s
        FROM pg_temp.dia_count AS p
        JOIN pg_temp.dia_mean AS m USING (diaObjectId) %4$s
        ORDER BY p.diaObjectId
        ON CONFLICT (diaObjectId) DO UPDATE SET
            solutionId = excluded.solutionId, ra = excluded.ra, dec = excluded.dec,
            raErr = excluded.raErr, decErr = excluded.decErr, ra_dec_Cov = excluded.ra_dec_Cov,
            radecMjdTai = excluded.radecMjdTai, firstDiaSourceMjdTai = excluded.firstDiaSourceMjdTai,
            lastDiaSourceMjdTai = excluded.lastDiaSourceMjdTai,
            validityStartMjdTai = excluded.validityStartMjdTai, nDiaSources = excluded.nDiaSources%5$s
        $insert$,
        release_name, columns, statistic_values, joins, assignments
    );
    GET DIAGNOSTICS written = ROW_COUNT;
    vanished := ARRAY(
        SELECT t.diaObjectId FROM pg_temp.dia_touched AS t
        WHERE NOT EXISTS (SELECT FROM pg_temp.dia_count AS c WHERE c.diaObjectId = t.diaObjectId)
    );
    IF cardinality(vanished) > 0 THEN
        EXECUTE format('DELETE FROM %I.DiaObject AS o WHERE o.diaObjectId = ANY ($1)', release_name) USING vanished;
    END IF;
    DROP TABLE pg_temp.dia_count, pg_temp.dia_mean, pg_temp.dia_curve;
    RETURN written;
END
$$;

COMMENT ON FUNCTION association.store_dia_objects(text, text[]) IS
    'A step of DiaObject generation: computes the DiaObjects whose DiaSources are in pg_temp.dia_member, light curves in the bands given (docs/association.md has the formulas), writes them, and removes those of pg_temp.dia_touched that have none.';
