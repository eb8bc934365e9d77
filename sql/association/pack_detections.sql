-- Columns of detections, as images of arrays (sky.array_bytes), in one string of 41 bytes a detection; strings that follow each other are one.
CREATE OR REPLACE FUNCTION association.pack_detections(
    hpx29 bytea, source_id bytea, visit bytea, ra bytea, "dec" bytea, is_primary bytea
) RETURNS bytea
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.pack_detections import pack_detections
return pack_detections(hpx29, source_id, visit, ra, dec, is_primary)
$$;

COMMENT ON FUNCTION association.pack_detections(bytea, bytea, bytea, bytea, bytea, bytea) IS
    'Columns of detections (key, id, visit, position [deg], whether it is primary), each the image of an array by sky.array_bytes, as 41 bytes a detection: for functions that take many.';
