-- Makes pg_temp.dia_member of the rows of pg_temp.dia_source that belong to DiaObjects with id in [lo, hi).
CREATE OR REPLACE FUNCTION association.add_dia_members(
    lo bigint DEFAULT 0, hi bigint DEFAULT 9223372036854775807, batch_size integer DEFAULT 20000
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    -- Whole objects go to Python together until they hold batch_size sources.
    CREATE TEMPORARY TABLE dia_member ON COMMIT DROP AS
    SELECT
        (rank() OVER (ORDER BY s.diaObjectId) - 1) / batch_size AS batch,
        s.diaObjectId, s.midpointMjdTai AS mjd, s.band, s.solutionId,
        s.ra, s.dec, s.raErr, s.decErr, s.ra_dec_Cov,
        CASE WHEN s.psfFlux_flag IS NOT TRUE THEN s.psfFlux END AS psfFlux, s.psfFluxErr, s.scienceFlux, s.scienceFluxErr
    FROM pg_temp.dia_source AS s
    WHERE s.diaObjectId >= lo AND s.diaObjectId < hi
    -- Sums of floating-point numbers depend on their order: this one is always the same.
    ORDER BY s.diaObjectId, s.midpointMjdTai, s.visit, s.diaSourceId;
END
$$;

COMMENT ON FUNCTION association.add_dia_members(bigint, bigint, integer) IS
    'A step of DiaObject generation: makes pg_temp.dia_member of the rows of pg_temp.dia_source that belong to DiaObjects in [lo, hi), in batches of whole objects that hold about batch_size sources.';
