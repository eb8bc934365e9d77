-- The packed detections of a stretch [lo, hi) of the sky that lie along its edge.
CREATE OR REPLACE FUNCTION association.border_detections(
    detections bytea, lo bigint, hi bigint, radius_arcsec float8
) RETURNS bytea
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.halo import border_detections
return border_detections(detections, lo, hi, radius_arcsec)
$$;

COMMENT ON FUNCTION association.border_detections(bytea, bigint, bigint, float8) IS
    'Of the packed detections of a stretch [lo, hi) of the sky, those along its edge: all within a radius [arcsec] of what lies beyond.';
