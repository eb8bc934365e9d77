-- For each detection the least id among all that hang together with it by steps of at most a radius [arcsec].
CREATE OR REPLACE FUNCTION association.link_friends(
    source_id bigint[], ra float8[], "dec" float8[], radius_arcsec float8
) RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.link_friends import link_friends
return link_friends(source_id, ra, dec, radius_arcsec)
$$;

COMMENT ON FUNCTION association.link_friends(bigint[], float8[], float8[], float8) IS
    'For each detection (id, ICRS position [deg]) the least id among all that hang together with it by steps of at most a radius [arcsec].';
