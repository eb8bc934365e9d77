-- Chooses clean stars of groups of detections, and returns the number of their detections.
--
-- The stars are in pg_temp.calibration_star, by band: sums over their detections of what tells place and time.
-- Their detections are the view pg_temp.calibration_star_source, of raw tables, for only those are read side by
-- side: who reads it once takes it as it is, who reads it again makes a table of it. Others are written nowhere.
-- groups is the name of a release, whose association is taken, or of a table with hpx29, sourceId and
-- objectId. A star is alone within isolation_arcsec (of groups seen twice or more), is a point in three
-- quarters of its detections or more, and has two clean detections or more in a band, of mean
-- signal-to-noise ratio min_snr there: the star is chosen, not its single detections, whose errors
-- would otherwise decide.
-- requires: find_table require_free_tables require_star_selection
CREATE OR REPLACE FUNCTION calibration.select_calibration_stars(
    groups text, bands text[] DEFAULT '{u,g,r,i,z,y}', min_snr float8 DEFAULT 50, isolation_arcsec float8 DEFAULT 2
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- The planner would look up the visit of each detection, or sort them to join or group them, and spill what memory holds.
SET enable_nestloop = off
SET enable_mergejoin = off
SET enable_sort = off
-- Bounded by that: two hashes at a time, each of twice as much (hash_mem_multiplier) in the session and in each worker.
SET work_mem = '384MB'
AS $$
DECLARE
    grouped text;
    source regclass := calibration.find_table(groups);
    columns integer;
    there boolean;
    clean CONSTANT text := $clean$
        coalesce(s.detect_isPrimary, true) AND s.deblend_nChild = 0 AND s.extendedness < 0.5
        AND NOT (
            s.psfInstFlux_flag OR s.centroid_flag OR s.pixelFlags_saturated OR s.pixelFlags_suspect
            OR s.pixelFlags_bad OR s.pixelFlags_cr OR s.pixelFlags_edge OR s.pixelFlags_interpolated
        )
        AND s.psfInstFlux > 0 AND s.psfInstFlux < 'Infinity'
        AND s.psfInstFluxErr > 0 AND s.psfInstFluxErr < 'Infinity'
        AND s.x IS NOT NULL AND s.y IS NOT NULL
    $clean$;
    -- hpx29 = hpx29, of which the planner would take id and key for independent, and expect a handful of rows.
    same CONSTANT text := 's.sourceId = g.sourceId AND s.hpx29 BETWEEN g.hpx29 AND g.hpx29';
    selected bigint;
BEGIN
    PERFORM calibration.require_star_selection(bands, min_snr, isolation_arcsec);
    IF EXISTS (SELECT FROM meta.Release AS r WHERE r.release = groups) THEN
        grouped := format(
            'SELECT g.hpx29, g.sourceId, g.objectId FROM association.SourceGroup AS g WHERE g.release = %L', groups
        );
    ELSIF source IS NOT NULL THEN
        SELECT count(*) INTO columns FROM pg_attribute AS a
        WHERE a.attrelid = source AND NOT a.attisdropped
            AND a.attname IN ('hpx29', 'sourceid', 'objectid')
            AND a.atttypid IN ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype);
        IF columns < 3 THEN
            RAISE EXCEPTION 'the table % lacks integer columns hpx29, sourceId or objectId', groups
                USING HINT = 'Give one row per source: its hpx29 and sourceId as in raw.Source, and the objectId of its group.';
        END IF;
        grouped := format('SELECT g.hpx29, g.sourceId, g.objectId FROM %s AS g WHERE g.objectId IS NOT NULL', source);
    ELSE
        RAISE EXCEPTION 'there is neither a release nor a table %', coalesce(quote_literal(groups), 'NULL')
            USING HINT = 'Name a release whose sources are associated (`skytract process`), or a table with hpx29, sourceId and objectId, e.g. my_ann.groups; other signs than letters, digits and _ need double quotes.';
    END IF;

    PERFORM calibration.require_free_tables(ARRAY[
        'calibration_seen', 'calibration_place', 'calibration_crowded', 'calibration_star', 'calibration_star_source'
    ]);
    EXECUTE 'SELECT EXISTS (' || grouped || ')' INTO there;
    IF NOT there THEN
        RAISE EXCEPTION '% has no groups of sources', quote_literal(groups)
            USING HINT = 'Associate its sources first: `skytract process`, or association.associate_sources.';
    END IF;

    -- Clean detections apart, which are told once for all sums. These are of whole numbers (2^-42 rad, 1e-6 days),
    -- which do not depend on the order in which detections come: float8 has 2^53 of them exactly, so up to 2,048
    -- detections of a star (10^5 for times). Of more, the last bit of a sum, 1e-16 of it, may depend on the order.
    EXECUTE format($create$
        CREATE TEMPORARY TABLE calibration_seen ON COMMIT DROP AS
        SELECT
            g.objectId AS star, v.band, %2$s AS clean, count(*) AS n,
            min(s.ra) AS ra, min(s.dec) AS decl, sum(s.extendedness::float8) AS extent, count(s.extendedness) AS nExtent,
            sum(s.psfInstFlux / nullif(s.psfInstFluxErr::float8, 0)) AS snr,
            sum(round(2.0::float8 ^ 42 * cos(radians(s.dec)) * cos(radians(s.ra)))) AS x,
            sum(round(2.0::float8 ^ 42 * cos(radians(s.dec)) * sin(radians(s.ra)))) AS y,
            sum(round(2.0::float8 ^ 42 * sin(radians(s.dec)))) AS z, sum(round(1e6 * v.expMidptMJD)) AS microdays
        FROM (%1$s) AS g
        JOIN raw.Source AS s ON %3$s
        JOIN raw.Visit AS v USING (visit)
        GROUP BY g.objectId, v.band, clean
    $create$, grouped, clean, same);
    ANALYZE pg_temp.calibration_seen;
    -- Smallest ra and dec are near every detection, on either side of ra 0.
    CREATE TEMPORARY TABLE calibration_place ON COMMIT DROP AS
    SELECT
        s.star, min(s.ra) AS ra, min(s.decl) AS decl,
        sum(s.extent) / nullif(sum(s.nExtent), 0) < 0.25 AS isPoint
    FROM pg_temp.calibration_seen AS s
    GROUP BY s.star
    HAVING sum(s.n) > 1;
    ANALYZE pg_temp.calibration_place;

    CREATE TEMPORARY TABLE calibration_crowded ON COMMIT DROP AS
    SELECT unnest(m.paired_left || m.paired_right) AS star
    FROM (
        SELECT array_agg(p.star) AS ids, array_agg(p.ra) AS ra, array_agg(p.decl) AS decl
        FROM pg_temp.calibration_place AS p
    ) AS a
    CROSS JOIN LATERAL sky.match_positions(
        a.ids, a.ra, a.decl, a.ids, a.ra, a.decl, isolation_arcsec, 'pairs'
    ) AS m;
    ANALYZE pg_temp.calibration_crowded;

    CREATE TEMPORARY TABLE calibration_star ON COMMIT DROP AS
    SELECT
        s.star, s.band, dense_rank() OVER (ORDER BY s.star)::integer - 1 AS number,
        s.n, s.x, s.y, s.z, s.microdays
    FROM pg_temp.calibration_seen AS s
    JOIN pg_temp.calibration_place AS p USING (star)
    WHERE s.clean AND s.band = ANY (bands) AND s.n > 1 AND s.snr >= min_snr * s.n AND p.isPoint
        AND NOT EXISTS (SELECT FROM pg_temp.calibration_crowded AS c WHERE c.star = s.star);
    ANALYZE pg_temp.calibration_star;

    EXECUTE format($create$
        CREATE TEMPORARY VIEW calibration_star_source AS
        SELECT
            t.number, t.band, s.visit, s.detector, s.x, s.y, s.xErr, s.yErr,
            s.psfInstFlux AS counts, s.psfInstFluxErr AS countsErr
        FROM (%1$s) AS g
        JOIN raw.Source AS s ON %3$s
        JOIN raw.Visit AS v USING (visit)
        JOIN pg_temp.calibration_star AS t ON t.star = g.objectId AND t.band = v.band
        WHERE %2$s
    $create$, grouped, clean, same);
    SELECT sum(t.n) INTO selected FROM pg_temp.calibration_star AS t;
    DROP TABLE pg_temp.calibration_seen, pg_temp.calibration_place, pg_temp.calibration_crowded;
    IF selected IS NULL THEN
        RAISE EXCEPTION 'none of the groups of % is a clean star of signal-to-noise ratio % in bands %',
            quote_literal(groups), min_snr, bands
            USING HINT = 'Lower min_snr; stars need extendedness < 0.5 and two detections in a band without flags.';
    END IF;
    RETURN selected;
END
$$;

COMMENT ON FUNCTION calibration.select_calibration_stars(text, text[], float8, float8) IS
    'Chooses clean, isolated, point-like stars seen twice or more, whose detections are then in the view pg_temp.calibration_star_source, for joint fits, and returns the number of these. groups names a release or a table with hpx29, sourceId, objectId; min_snr is the mean signal-to-noise ratio of a star in a band.';
