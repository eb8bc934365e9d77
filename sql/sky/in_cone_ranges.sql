-- Whether a key lies in the ranges that cover a widened circle [deg]; inlined, so that an index serves it.
-- requires: cone_bound
-- Twelve ranges: fewer cover more than twice the circle, each further one costs planning time on
-- every partition it is tried on. A range beyond the last is NULL, which the planner drops.
CREATE OR REPLACE FUNCTION sky.in_cone_ranges(
    hpx29 bigint,
    ra double precision,
    "dec" double precision,
    radius double precision,
    margin_arcsec double precision
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 0)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 1))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 2)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 3))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 4)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 5))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 6)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 7))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 8)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 9))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 10)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 11))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 12)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 13))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 14)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 15))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 16)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 17))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 18)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 19))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 20)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 21))
    OR (hpx29 >= sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 22)
        AND hpx29 < sky.cone_bound(ra, dec, radius, margin_arcsec, 12, 23));

COMMENT ON FUNCTION sky.in_cone_ranges(
    bigint, double precision, double precision, double precision, double precision
) IS 'Whether hpx29 lies in the ranges that cover the circle of radius [deg], widened by margin_arcsec, about (ra, dec) [deg]: true for every position in the circle and for some outside it.';
