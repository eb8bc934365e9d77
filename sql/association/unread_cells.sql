-- One row per HEALPix cell beyond a stretch of sky that chains of friends go on into, with its range of keys.
CREATE OR REPLACE FUNCTION association.unread_cells(
    border bytea, halo bytea, lo bigint, hi bigint, read_cells bigint[], radius_arcsec float8
) RETURNS TABLE (cell bigint, cell_lo bigint, cell_hi bigint)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 100
AS $$
from skytract.udf.association.halo import unread_cells
return unread_cells(border, halo, lo, hi, read_cells, radius_arcsec)
$$;

COMMENT ON FUNCTION association.unread_cells(bytea, bytea, bigint, bigint, bigint[], float8) IS
    'One row per HEALPix cell, with its range of keys, that chains of friends within a radius [arcsec] go on into from the border of a stretch [lo, hi) of the sky, and that is not among the cells read so far.';
