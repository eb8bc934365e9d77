-- The objectId of each of the first `count` packed detections, as the text of an array.
CREATE OR REPLACE FUNCTION association.associate_detections(
    detections bytea, count integer, radius_arcsec float8
) RETURNS text
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000
AS $$
from skytract.udf.association.associate_detections import associate_detections
return associate_detections(detections, count, radius_arcsec)
$$;

COMMENT ON FUNCTION association.associate_detections(bytea, integer, float8) IS
    'The objectId of each of the first `count` packed detections, as the text of a bigint[]; behind them those of the halo, which belong to chains of friends within a radius [arcsec].';
