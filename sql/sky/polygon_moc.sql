-- The MOC of a polygon [deg]: the cells of at most an order that touch it.
CREATE OR REPLACE FUNCTION sky.polygon_moc(vertices double precision[], max_order integer)
RETURNS int8multirange
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.sky.moc import polygon_moc
return polygon_moc(vertices, max_order)
$$;

COMMENT ON FUNCTION sky.polygon_moc(double precision[], integer) IS
    'MOC of a polygon with vertices ARRAY[ra1, dec1, ra2, dec2, ...] [deg]: its cells, those on the outline of order max_order.';
