-- Where in its zone a position [deg] lies, counted in columns from RA 0: its column, and the place in it.
CREATE OR REPLACE FUNCTION sky.zone_column(
    ra double precision, "dec" double precision, zones double precision
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- Three columns fewer than fit along the middle of the zone, at least one: with that a circle of a
-- sixth of a zone's height never spans half a column, and a pole's zone is one column.
-- The fraction of a turn may round up to 1 (ra = -1e-20): the last column is meant.
RETURN (ra / 360.0 - floor(ra / 360.0)) * 0.9999999999999996 * greatest(1.0, floor(2.0 * zones * cos(radians(
    (floor((dec + 90.0) * (zones / 180.0)) + 0.5) * (180.0 / zones) - 90.0
))) - 3.0);

COMMENT ON FUNCTION sky.zone_column(double precision, double precision, double precision) IS
    'Place of a position [deg] along its zone, in columns from RA 0, where the sky is cut into that many zones of equal height.';
