-- The vertices (ra, dec, ra, dec, ... [deg]) of an STC-S polygon, POLYGON ICRS ra dec ra dec ...
CREATE OR REPLACE FUNCTION sky.region_vertices(region text) RETURNS float8[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_split_to_array(regexp_replace(trim(region), '^POLYGON\s+(ICRS\s+)?', '', 'i'), '\s+')::float8[];

COMMENT ON FUNCTION sky.region_vertices(text) IS
    'Vertices ra, dec, ra, dec, ... [deg] of a region POLYGON ICRS ra dec ra dec ..., as CoaddPatches.s_region holds it: for sky.in_polygon and sky.polygon_moc.';
