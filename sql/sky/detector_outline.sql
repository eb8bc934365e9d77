-- Vertices (ra, dec, ra, dec, ... [deg]) around a detector by its TAN-SIP world coordinate system.
CREATE OR REPLACE FUNCTION sky.detector_outline(
    nx integer, ny integer, crpix float8[], crval float8[], cd float8[], sip_a float8[], sip_b float8[]
) RETURNS float8[]
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.detector_outline import detector_outline
return detector_outline(nx, ny, crpix, crval, cd, sip_a, sip_b)
$$;

COMMENT ON FUNCTION sky.detector_outline(integer, integer, float8[], float8[], float8[], float8[], float8[]) IS
    'Outline of a detector of nx by ny pixels, ra, dec, ra, dec, ... [deg], four points per side, by a TAN-SIP WCS (crpix from 1; sip terms row by row).';
