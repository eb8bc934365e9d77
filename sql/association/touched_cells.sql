-- One row per position and HEALPix cell, other than its own, that a circle [arcsec] around it touches.
CREATE OR REPLACE FUNCTION association.touched_cells(
    ra float8[], "dec" float8[], radius_arcsec float8, cell_order integer
) RETURNS TABLE (number integer, cell bigint)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 10
AS $$
from skytract.udf.association.touched_cells import touched_cells
return touched_cells(ra, dec, radius_arcsec, cell_order)
$$;

COMMENT ON FUNCTION association.touched_cells(float8[], float8[], float8, integer) IS
    'One row per position (its number in the arrays, from 1) and HEALPix cell of an order, other than its own, that a circle [arcsec] around it touches.';
