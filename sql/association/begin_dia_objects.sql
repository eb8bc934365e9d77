-- Makes the empty temporary tables that the steps of DiaObject generation hand on to each other.
--
-- dia_raw: rows of raw.DiaSource; dia_position: where and when they are; dia_cell: which HEALPix cells
-- they lie near; dia_moving: pairs of one of them and a moving object; dia_match: what each belongs to;
-- dia_source: the rows of the release's DiaSource; dia_touched: DiaObjects whose sources change, with
-- positions and how many sources they had. A later step makes dia_member: all sources of DiaObjects that are
-- to be computed, in the order of object, time, visit and source, in batches of whole objects.
CREATE OR REPLACE FUNCTION association.begin_dia_objects(release_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    -- These, and those that steps make and drop again.
    PERFORM calibration.require_free_tables(ARRAY[
        'dia_raw', 'dia_position', 'dia_cell', 'dia_moving', 'dia_match', 'dia_source', 'dia_touched', 'dia_member',
        'dia_near', 'dia_range', 'dia_pair', 'dia_founder', 'dia_sky', 'dia_place', 'dia_wanted',
        'dia_count', 'dia_mean', 'dia_curve', 'dia_read', 'dia_chain', 'dia_open', 'dia_batch'
    ]);
    CREATE TEMPORARY TABLE dia_raw (LIKE raw.DiaSource) ON COMMIT DROP;
    CREATE TEMPORARY TABLE dia_position (
        hpx29 bigint, diaSourceId bigint, visit bigint, mjd float8, ra float8, "dec" float8,
        raErr real, decErr real, ra_dec_Cov real
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE dia_cell (diaSourceId bigint, cell bigint) ON COMMIT DROP;
    CREATE TEMPORARY TABLE dia_moving (
        diaSourceId bigint, ssObjectId bigint, ra float8, "dec" float8, raErr real, decErr real
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE dia_match (diaSourceId bigint, diaObjectId bigint, ssObjectId bigint) ON COMMIT DROP;
    EXECUTE format('CREATE TEMPORARY TABLE dia_source (LIKE %I.DiaSource) ON COMMIT DROP', release_name);
    CREATE TEMPORARY TABLE dia_touched (diaObjectId bigint, ra float8, "dec" float8, nDiaSources integer) ON COMMIT DROP;
END
$$;

COMMENT ON FUNCTION association.begin_dia_objects(text) IS
    'A step of DiaObject generation: makes the empty temporary tables of the other steps.';
