-- Makes a temporary table of the numbers of the SEDs of some objects, one row per object and band.
CREATE OR REPLACE FUNCTION calibration.stage_chrom(table_name text, solution_id bigint, objects text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF to_regclass('pg_temp.' || quote_ident(table_name)) IS NOT NULL THEN
        EXECUTE format('DROP TABLE pg_temp.%I', table_name);
    END IF;
    EXECUTE format(
        'CREATE TEMPORARY TABLE %I ON COMMIT DROP AS SELECT o.* FROM calibration.ObjectChrom AS o'
        ' WHERE o.solutionId = %s AND o.%s',
        table_name, solution_id, objects
    );
    EXECUTE format('ANALYZE pg_temp.%I', table_name);
END
$$;

COMMENT ON FUNCTION calibration.stage_chrom(text, bigint, text) IS
    'A step of the stages that calibrate: the rows of calibration.ObjectChrom of a solution whose objectId fulfils a condition, as a temporary table.';
