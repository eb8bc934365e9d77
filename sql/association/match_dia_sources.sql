-- The numbers, from 1, of the pairs of a DiaSource and a candidate object of one visit that belong together.
CREATE OR REPLACE FUNCTION association.match_dia_sources(
    source_id bigint[], candidate_id bigint[], is_moving boolean[],
    ra float8[], "dec" float8[], ra_err float8[], dec_err float8[],
    candidate_ra float8[], candidate_dec float8[], candidate_ra_err float8[], candidate_dec_err float8[],
    radius_arcsec float8
) RETURNS integer[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.match_dia_sources import match_dia_sources
return match_dia_sources(source_id, candidate_id, is_moving, ra, dec, ra_err, dec_err, candidate_ra, candidate_dec, candidate_ra_err, candidate_dec_err, radius_arcsec)
$$;

COMMENT ON FUNCTION association.match_dia_sources(
    bigint[], bigint[], boolean[], float8[], float8[], float8[], float8[],
    float8[], float8[], float8[], float8[], float8
) IS
    'Numbers, from 1, of the pairs of a DiaSource and a candidate (DiaObject, or predicted position if is_moving) of one visit that belong together: within a radius [arcsec], the best by chi2 / 2 + ln(sigma_ra sigma_dec) first, each in one pair only. Positions and errors [deg].';
