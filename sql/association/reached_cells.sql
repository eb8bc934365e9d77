-- The HEALPix cells that circles around positions reach into, each position's own among them, as two arrays.
-- SECURITY DEFINER, for images become arrays only in the owner's hands (sky.bytes_array).
-- requires: reached_cells_packed
CREATE OR REPLACE FUNCTION association.reached_cells(
    position_id bigint[], ra float8[], "dec" float8[], radius_arcsec float8, cell_order integer,
    OUT id bigint[], OUT cell bigint[]
)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000
SECURITY DEFINER
BEGIN ATOMIC
SELECT sky.bytes_array(p.id, NULL::bigint[]), sky.bytes_array(p.cell, NULL::bigint[])
FROM association.reached_cells_packed(
    sky.array_bytes(position_id), sky.array_bytes(ra), sky.array_bytes("dec"), radius_arcsec, cell_order
) AS p;
END;

COMMENT ON FUNCTION association.reached_cells(bigint[], float8[], float8[], float8, integer) IS
    'Pairs of a position (its id) and a HEALPix cell of an order: that of the position, and others that a circle [arcsec] around it touches.';
