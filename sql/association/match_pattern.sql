-- Which sources are which stars in a plane [arcsec] that is shifted, turned and scaled by unknown amounts; one row.
CREATE OR REPLACE FUNCTION association.match_pattern(
    source_id bigint[], xi float8[], eta float8[], flux float8[],
    ref_star_id bigint[], ref_xi float8[], ref_eta float8[], ref_flux float8[],
    max_shift_arcsec float8 DEFAULT 30, max_rotation_deg float8 DEFAULT 0.5, max_scale float8 DEFAULT 0.01,
    tolerance_arcsec float8 DEFAULT 1, max_chance float8 DEFAULT 1e-4,
    OUT matched boolean, OUT nMatched integer, OUT nChance float8, OUT chanceProbability float8,
    OUT radiusArcsec float8, OUT rmsArcsec float8,
    OUT shiftXi float8, OUT shiftEta float8, OUT rotation float8, OUT scale float8,
    OUT transform float8[], OUT transformCov float8[], OUT sourceId bigint[], OUT refStarId bigint[]
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 1000000
AS $$
from skytract.udf.association.match_pattern import match_pattern
return match_pattern(source_id, xi, eta, flux, ref_star_id, ref_xi, ref_eta, ref_flux, max_shift_arcsec, max_rotation_deg, max_scale, tolerance_arcsec, max_chance)
$$;

COMMENT ON FUNCTION association.match_pattern(
    bigint[], float8[], float8[], float8[], bigint[], float8[], float8[], float8[],
    float8, float8, float8, float8, float8
) IS
    'Matches sources to stars whose positions (xi, eta) [arcsec] differ by a shift, a rotation [deg] and a relative scale within limits; flux (NULL if unknown) only tells what to try first. matched is false, and the transform NULL, if unrelated fields match as well with a probability above max_chance. transform a0, a1, a2, b0, b1, b2: the star is at (a0 + a1 xi + a2 eta, b0 + b1 xi + b2 eta); transformCov its 36 covariances; shiftXi, shiftEta that of the middle of the sources.';
