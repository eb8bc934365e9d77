-- Whether a detection lies outside a stretch [lo, hi) of the sky while its object was discovered in it.
-- Nearly all such detections lie in another cell of order 12 (52 arcsec; 4^17 keys) than the discovery: those few
-- the index ix_SourceGroup_objectId holds, and it does where bounds are those of such cells, as partitions' are.
CREATE OR REPLACE FUNCTION association.discovered_elsewhere(
    object_id bigint, hpx29 bigint, lo bigint, hi bigint
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN object_id >= lo AND object_id < hi AND NOT (hpx29 >= lo AND hpx29 < hi)
    AND ((object_id >> 34) <> (hpx29 >> 34) OR ((lo | hi) & 17179869183) <> 0);

COMMENT ON FUNCTION association.discovered_elsewhere(bigint, bigint, bigint, bigint) IS
    'Whether a detection (its hpx29) lies outside a stretch [lo, hi) of the sky while its object (objectId) was discovered in it.';
