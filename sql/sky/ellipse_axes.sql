-- The axes along which an ellipse [deg] is a circular cone: nine numbers, for sky.inside_ellipse.
CREATE OR REPLACE FUNCTION sky.ellipse_axes(
    ra double precision,
    "dec" double precision,
    semi_major double precision,
    semi_minor double precision,
    position_angle double precision
) RETURNS double precision[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.ellipse_axes import ellipse_axes
return ellipse_axes(ra, dec, semi_major, semi_minor, position_angle)
$$;

COMMENT ON FUNCTION sky.ellipse_axes(
    double precision, double precision, double precision, double precision, double precision
) IS 'Unit vectors along the major axis over tan(semi_major), along the minor axis over tan(semi_minor), and to the centre of an ellipse [deg]; position_angle from north towards east.';
