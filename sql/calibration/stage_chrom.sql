-- Makes a temporary table of the numbers of the SEDs of some objects, one row per object and band.
--
-- Each object is looked up by the primary key (OFFSET 0 keeps the order of joins): a solution made a moment
-- ago is in no statistics, and the planner would take its millions of rows for one.
CREATE OR REPLACE FUNCTION calibration.stage_chrom(table_name text, solution_id bigint, objects text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF to_regclass('pg_temp.' || quote_ident(table_name)) IS NOT NULL THEN
        EXECUTE format('DROP TABLE pg_temp.%I', table_name);
    END IF;
    EXECUTE format(
        'CREATE TEMPORARY TABLE %I ON COMMIT DROP AS SELECT c.* FROM (SELECT DISTINCT i.objectId FROM (%s) AS i OFFSET 0) AS d'
        ' CROSS JOIN LATERAL (SELECT o.* FROM calibration.ObjectChrom AS o'
        ' WHERE o.solutionId = %s AND o.objectId = d.objectId OFFSET 0) AS c',
        table_name, objects, solution_id
    );
    EXECUTE format('ANALYZE pg_temp.%I', table_name);
END
$$;

COMMENT ON FUNCTION calibration.stage_chrom(text, bigint, text) IS
    'A step of the stages that calibrate: the rows of calibration.ObjectChrom of a solution for the objects (objectId) that a query gives, as a temporary table.';
