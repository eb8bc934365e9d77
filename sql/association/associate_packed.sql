-- The objects of packed detections, in images of arrays (sky.array_bytes).
CREATE OR REPLACE FUNCTION association.associate_packed(
    detections bytea, lo bigint, hi bigint, radius_arcsec float8
) RETURNS TABLE (hpx29 bytea, source_id bytea, object_id bytea, discovered integer)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1
AS $$
from skytract.udf.association.associate_packed import associate_packed
return associate_packed(detections, lo, hi, radius_arcsec)
$$;

COMMENT ON FUNCTION association.associate_packed(bytea, bigint, bigint, float8) IS
    'What association.associate_detections returns, each column as the image of an array.';
