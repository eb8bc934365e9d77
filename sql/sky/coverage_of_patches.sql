-- The MOC of the sky that the coadded patches of a release cover.
-- requires: region_vertices polygon_moc
CREATE OR REPLACE FUNCTION sky.coverage_of_patches(release_name text, max_order integer DEFAULT 14)
RETURNS int8multirange
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    coverage int8multirange;
BEGIN
    EXECUTE format(
        'SELECT range_agg(sky.polygon_moc(sky.region_vertices(p.s_region), $1)) FROM %I.CoaddPatches AS p',
        release_name)
    INTO coverage USING max_order;
    RETURN coalesce(coverage, '{}'::int8multirange);
END
$$;

COMMENT ON FUNCTION sky.coverage_of_patches(text, integer) IS
    'MOC, with cells of at most max_order (14: 13 arcsec), of the patches in CoaddPatches of a release.';
