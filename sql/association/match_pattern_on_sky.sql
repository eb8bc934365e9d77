-- Which sources are which stars on the sky, where the world coordinates of the sources are a guess; one row.
CREATE OR REPLACE FUNCTION association.match_pattern_on_sky(
    tangent_ra float8, tangent_dec float8,
    source_id bigint[], ra float8[], "dec" float8[], flux float8[],
    ref_star_id bigint[], ref_ra float8[], ref_dec float8[], ref_flux float8[],
    max_shift_arcsec float8 DEFAULT 30, max_rotation_deg float8 DEFAULT 0.5, max_scale float8 DEFAULT 0.01,
    tolerance_arcsec float8 DEFAULT 1, max_chance float8 DEFAULT 1e-4,
    OUT matched boolean, OUT nMatched integer, OUT nChance float8, OUT chanceProbability float8,
    OUT radiusArcsec float8, OUT rmsArcsec float8,
    OUT shiftXi float8, OUT shiftEta float8, OUT rotation float8, OUT scale float8,
    OUT transform float8[], OUT transformCov float8[], OUT sourceId bigint[], OUT refStarId bigint[]
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 1000000
AS $$
from skytract.udf.association.match_pattern_on_sky import match_pattern_on_sky
return match_pattern_on_sky(tangent_ra, tangent_dec, source_id, ra, dec, flux, ref_star_id, ref_ra, ref_dec, ref_flux, max_shift_arcsec, max_rotation_deg, max_scale, tolerance_arcsec, max_chance)
$$;

COMMENT ON FUNCTION association.match_pattern_on_sky(
    float8, float8, bigint[], float8[], float8[], float8[], bigint[], float8[], float8[], float8[],
    float8, float8, float8, float8, float8
) IS
    'As association.match_pattern, for positions [deg, ICRS, at the time of the sources] on the plane that touches the sky at (tangent_ra, tangent_dec) [deg]; xi points east, eta north.';
