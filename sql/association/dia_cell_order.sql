-- Order of HEALPix cells at least ten times as wide as a circle of this radius, and the margin of keys, is.
CREATE OR REPLACE FUNCTION association.dia_cell_order(radius_arcsec float8) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN floor(ln(0.07 / radians((radius_arcsec + sky.margin_arcsec()) / 3600)) / ln(2.0::float8))::integer;

COMMENT ON FUNCTION association.dia_cell_order(float8) IS
    'Order of HEALPix cells that are at least ten times as wide as a circle of this radius [arcsec] and the margin of sky keys: association.touched_cells wants that.';
