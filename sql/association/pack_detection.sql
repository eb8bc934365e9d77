-- A detection as 41 bytes, for functions that take many: key, id, visit, position [deg], whether it is primary.
CREATE OR REPLACE FUNCTION association.pack_detection(
    hpx29 bigint, source_id bigint, visit bigint, ra float8, "dec" float8, is_primary boolean
) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN int8send(hpx29) || int8send(source_id) || int8send(visit)
    || float8send(ra) || float8send("dec") || boolsend(coalesce(is_primary, true));

COMMENT ON FUNCTION association.pack_detection(bigint, bigint, bigint, float8, float8, boolean) IS
    'A detection as 41 bytes, for functions that take many of them in one string: a fifth of the time that arrays of each column take.';
