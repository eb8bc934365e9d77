-- Whether a row lies between two meridians and two parallels [deg]: prunes partitions and uses the primary key.
-- requires: in_ranges box_bounds margin_arcsec
CREATE OR REPLACE FUNCTION sky.in_box(
    key bigint,
    ra double precision,
    "dec" double precision,
    ra_lo double precision,
    ra_hi double precision,
    dec_lo double precision,
    dec_hi double precision
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.in_ranges(key, sky.box_bounds(ra_lo, ra_hi, dec_lo, dec_hi, sky.margin_arcsec()))
    AND dec >= dec_lo
    AND dec <= dec_hi
    -- How far east of ra_lo, in [0, 360); a pole that the box reaches belongs to it at any ra.
    AND ((ra - ra_lo) - 360.0 * floor((ra - ra_lo) / 360.0)
            <= CASE WHEN ra_hi - ra_lo >= 360.0 THEN 360.0
                ELSE (ra_hi - ra_lo) - 360.0 * floor((ra_hi - ra_lo) / 360.0) END
        OR abs(dec) = 90.0);

COMMENT ON FUNCTION sky.in_box(
    bigint, double precision, double precision,
    double precision, double precision, double precision, double precision
) IS 'Whether the position (ra, dec) [deg] of a row with this key (hpx29, objectId, diaObjectId) lies from ra_lo eastward to ra_hi (which may cross RA 0) and from dec_lo to dec_hi [deg], borders included. Give the box as constants or parameters: partitions are pruned and the primary key is used.';
