-- What association.reached_cells returns, as images of arrays (sky.array_bytes), from images.
CREATE OR REPLACE FUNCTION association.reached_cells_packed(
    position_id bytea, ra bytea, "dec" bytea, radius_arcsec float8, cell_order integer,
    OUT id bytea, OUT cell bytea
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.reached_cells import reached_cells_packed
return reached_cells_packed(position_id, ra, dec, radius_arcsec, cell_order)
$$;

COMMENT ON FUNCTION association.reached_cells_packed(bytea, bytea, bytea, float8, integer) IS
    'Images of the arrays that association.reached_cells returns, from images of those it is given.';
