-- Does as association.group_sources does, for positions in the pixels of one common image.
CREATE OR REPLACE FUNCTION association.group_centroids(
    visit bigint[], source_id bigint[], is_primary boolean[], x float8[], y float8[],
    radius_pixels float8
) RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.group_sources import group_centroids
return group_centroids(visit, source_id, is_primary, x, y, radius_pixels)
$$;

COMMENT ON FUNCTION association.group_centroids(bigint[], bigint[], boolean[], float8[], float8[], float8) IS
    'For each detection the id of the detection that discovered its object, as association.group_sources finds it, for positions [pixel] in one common image and a radius [pixel].';
