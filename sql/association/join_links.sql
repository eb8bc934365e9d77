-- One row per id that occurs in the links between groups, with the least id it is connected to.
CREATE OR REPLACE FUNCTION association.join_links(first_id bigint[], second_id bigint[])
RETURNS TABLE (id bigint, leastId bigint)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000
AS $$
from skytract.udf.association.join_links import join_links
return join_links(first_id, second_id)
$$;

COMMENT ON FUNCTION association.join_links(bigint[], bigint[]) IS
    'One row per id that occurs in the links first_id[i] - second_id[i], with the least id it is connected to.';
