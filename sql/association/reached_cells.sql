-- The HEALPix cells that circles around positions reach into, each position's own among them, as two arrays.
CREATE OR REPLACE FUNCTION association.reached_cells(
    position_id bigint[], ra float8[], "dec" float8[], radius_arcsec float8, cell_order integer,
    OUT id bigint[], OUT cell bigint[]
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.reached_cells import reached_cells
return reached_cells(position_id, ra, dec, radius_arcsec, cell_order)
$$;

COMMENT ON FUNCTION association.reached_cells(bigint[], float8[], float8[], float8, integer) IS
    'Pairs of a position (its id) and a HEALPix cell of an order: that of the position, and others that a circle [arcsec] around it touches.';
