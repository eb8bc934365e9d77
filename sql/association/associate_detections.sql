-- The objectId of each of the packed detections of a stretch [lo, hi) of the sky, and the number of objects discovered there.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: associate_packed
CREATE OR REPLACE FUNCTION association.associate_detections(
    detections bytea, lo bigint, hi bigint, radius_arcsec float8
) RETURNS TABLE (hpx29 bigint[], source_id bigint[], object_id bigint[], discovered integer)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1
SECURITY DEFINER
BEGIN ATOMIC
SELECT
    sky.bytes_array(a.hpx29, NULL::bigint[]),
    sky.bytes_array(a.source_id, NULL::bigint[]),
    sky.bytes_array(a.object_id, NULL::bigint[]),
    a.discovered
FROM association.associate_packed(detections, lo, hi, radius_arcsec) AS a;
END;

COMMENT ON FUNCTION association.associate_detections(bytea, bigint, bigint, float8) IS
    'The objectId of each of the packed detections of a stretch [lo, hi) of the sky, ascending in (hpx29, sourceId), and the number of objects discovered there; beside them those of the halo are given, which belong to chains of friends within a radius [arcsec].';
