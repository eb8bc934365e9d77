-- Whether the key of a row lies in a MOC: prunes partitions and uses the primary key.
-- requires: in_ranges moc_bounds
CREATE OR REPLACE FUNCTION sky.in_moc(key bigint, moc int8multirange) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.in_ranges(key, sky.moc_bounds(moc)) AND key <@ moc;

COMMENT ON FUNCTION sky.in_moc(bigint, int8multirange) IS
    'Whether a key (hpx29, objectId, diaObjectId) lies in a MOC. Give the MOC as a constant or parameter: partitions are pruned and the primary key is used.';
