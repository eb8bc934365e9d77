-- How much more the air lifts the stars of pg_temp.photometry_star than a G2V star, in pg_temp.star_refraction.
--
-- By the mixtures of templates that a solution of kind sed records for them; no rows for NULL.
-- requires: mixture_refractions
CREATE OR REPLACE FUNCTION calibration.stage_refraction(sed_solution bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    known bigint;
BEGIN
    CREATE TEMPORARY TABLE star_refraction (number bigint, band text, lift float8) ON COMMIT DROP;
    IF sed_solution IS NULL THEN
        -- Known to be empty, it is not taken for larger than what is joined with it.
        ANALYZE pg_temp.star_refraction;
        RETURN 0;
    END IF;
    INSERT INTO pg_temp.star_refraction (number, band, lift)
    SELECT s.number, r.band, r.lift
    FROM calibration.mixture_refractions(sed_solution, 'SELECT s.star FROM pg_temp.photometry_star AS s') AS r
    JOIN pg_temp.photometry_star AS s ON s.star = r.objectId;
    GET DIAGNOSTICS known = ROW_COUNT;
    ANALYZE pg_temp.star_refraction;
    RETURN known;
END
$$;

COMMENT ON FUNCTION calibration.stage_refraction(bigint) IS
    'A working step of calibration.fit_joint_astrometry: refraction of its stars against a G2V star [mas per tangent of the zenith distance] by a solution of kind sed (its id), by star and band; returns the number of rows.';
