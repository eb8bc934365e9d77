-- For each DiaSource of many visits its DiaObject and its moving object, one of which is NULL.
CREATE OR REPLACE FUNCTION association.group_dia_sources(
    visit integer[], source_id bigint[], hpx29 bigint[], chain bigint[], mjd float8[],
    ra float8[], "dec" float8[], ra_err float8[], dec_err float8[], ra_dec_cov float8[],
    moving_source_id bigint[], moving_id bigint[], moving_ra float8[], moving_dec float8[],
    moving_ra_err float8[], moving_dec_err float8[], radius_arcsec float8,
    OUT diaObjectId bigint[], OUT ssObjectId bigint[]
)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $$
from skytract.udf.association.group_dia_sources import group_dia_sources
return group_dia_sources(visit, source_id, hpx29, chain, mjd, ra, dec, ra_err, dec_err, ra_dec_cov, moving_source_id, moving_id, moving_ra, moving_dec, moving_ra_err, moving_dec_err, radius_arcsec)
$$;

COMMENT ON FUNCTION association.group_dia_sources(
    integer[], bigint[], bigint[], bigint[], float8[], float8[], float8[], float8[], float8[], float8[],
    bigint[], bigint[], float8[], float8[], float8[], float8[], float8
) IS
    'For each DiaSource of many visits (numbered in order of time) its DiaObject and its moving object, one of which is NULL: as if the visits had been matched one by one. Sources in reach of each other by steps of two radii [arcsec] have one chain; the moving_ arrays are pairs of a source and a predicted position.';
