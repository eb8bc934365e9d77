-- For each detection the id of the detection that discovered its object; a group holds at most one per visit.
CREATE OR REPLACE FUNCTION association.group_sources(
    visit bigint[], source_id bigint[], is_primary boolean[], ra float8[], "dec" float8[],
    radius_arcsec float8
) RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.group_sources import group_sources
return group_sources(visit, source_id, is_primary, ra, dec, radius_arcsec)
$$;

COMMENT ON FUNCTION association.group_sources(bigint[], bigint[], boolean[], float8[], float8[], float8) IS
    'For each detection the id of the detection that discovered its object: friends of friends within a radius [arcsec], at most one per visit.';
