-- The pairs of a DiaSource of a visit and a DiaObject within a radius [arcsec], or a hair more, as arrays of their ids.
-- Positions come as images of arrays (sky.array_bytes). A tree finds the pairs, and counts them before: neither
-- time nor memory grows with what shares a cell, only with what is within the radius.
CREATE OR REPLACE FUNCTION association.pair_dia_objects(
    source_ids bytea, source_ra bytea, source_dec bytea, object_ids bytea, object_ra bytea, object_dec bytea,
    radius_arcsec float8,
    OUT source_id bigint[], OUT object_id bigint[]
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.pair_dia_objects import pair_dia_objects
return pair_dia_objects(source_ids, source_ra, source_dec, object_ids, object_ra, object_dec, radius_arcsec)
$$;

COMMENT ON FUNCTION association.pair_dia_objects(bytea, bytea, bytea, bytea, bytea, bytea, float8) IS
    'Ids of the pairs of a DiaSource of a visit and a DiaObject within a radius [arcsec]; ids and positions [deg] come as images of arrays (sky.array_bytes). More than 4 million are refused.';
