-- Adds the rows of pg_temp.dia_source that belong to DiaObjects with id in [lo, hi) to pg_temp.dia_member.
CREATE OR REPLACE FUNCTION association.add_dia_members(lo bigint DEFAULT 0, hi bigint DEFAULT 9223372036854775807)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    INSERT INTO pg_temp.dia_member
    SELECT
        s.diaObjectId, s.midpointMjdTai, s.visit, s.diaSourceId, s.band, s.solutionId,
        s.ra, s.dec, s.raErr, s.decErr, s.ra_dec_Cov,
        CASE WHEN s.psfFlux_flag IS NOT TRUE THEN s.psfFlux END, s.psfFluxErr, s.scienceFlux, s.scienceFluxErr
    FROM pg_temp.dia_source AS s
    WHERE s.diaObjectId >= lo AND s.diaObjectId < hi;
END
$$;

COMMENT ON FUNCTION association.add_dia_members(bigint, bigint) IS
    'A step of DiaObject generation: adds the rows of pg_temp.dia_source that belong to DiaObjects in [lo, hi) to pg_temp.dia_member.';
