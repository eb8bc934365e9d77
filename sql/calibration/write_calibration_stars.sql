-- Writes the stars of a joint fit as a reference dataset, and returns their number.
--
-- A star that is bright in one band is saturated in others. There it has the flux of its reference star, and
-- nObs 0: else its colours, and so its spectrum, would not be known, and a fit with spectra would lack the
-- brightest stars (in u most, where red stars are faint).
-- requires: reference_flux reference_flux_err
CREATE OR REPLACE FUNCTION calibration.write_calibration_stars(solution_id bigint, sed_solution bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO pg_temp.photometry_star_flux (band, number, flux, fluxErr, nObs, isVariable)
    SELECT b.band, n.number, e.flux, e.err, 0, false
    FROM pg_temp.photometry_anchor AS n
    CROSS JOIN unnest(ARRAY['u', 'g', 'r', 'i', 'z', 'y']) AS b (band)
    CROSS JOIN LATERAL (
        SELECT calibration.reference_flux(n.reference, b.band) AS flux, calibration.reference_flux_err(n.reference, b.band) AS err
    ) AS e
    WHERE e.flux > 0 AND e.flux < 'Infinity' AND e.err >= 0 AND e.err < 'Infinity'
        AND EXISTS (SELECT FROM pg_temp.photometry_star_flux AS f WHERE f.number = n.number)
        AND NOT EXISTS (
            SELECT FROM pg_temp.photometry_star_flux AS f
            WHERE f.number = n.number AND f.band = b.band AND f.flux IS NOT NULL
        );
    INSERT INTO calibration.CalibrationStar (
        solutionId, starId, ra, "dec", epoch, class, sedSolutionId, isHeldOut,
        u_flux, u_fluxErr, u_nObs, u_scatter,
        g_flux, g_fluxErr, g_nObs, g_scatter,
        r_flux, r_fluxErr, r_nObs, r_scatter,
        i_flux, i_fluxErr, i_nObs, i_scatter,
        z_flux, z_fluxErr, z_nObs, z_scatter,
        y_flux, y_fluxErr, y_nObs, y_scatter
    )
    SELECT
        solution_id, s.star, s.ra, s.decl, s.epoch,
        CASE WHEN bool_or(f.isVariable) THEN 'variable' ELSE 'star' END, sed_solution, s.isHeldOut,
        max(f.flux) FILTER (WHERE f.band = 'u'), max(f.fluxErr) FILTER (WHERE f.band = 'u'),
        coalesce(max(f.nObs) FILTER (WHERE f.band = 'u'), 0), max(f.scatter) FILTER (WHERE f.band = 'u'),
        max(f.flux) FILTER (WHERE f.band = 'g'), max(f.fluxErr) FILTER (WHERE f.band = 'g'),
        coalesce(max(f.nObs) FILTER (WHERE f.band = 'g'), 0), max(f.scatter) FILTER (WHERE f.band = 'g'),
        max(f.flux) FILTER (WHERE f.band = 'r'), max(f.fluxErr) FILTER (WHERE f.band = 'r'),
        coalesce(max(f.nObs) FILTER (WHERE f.band = 'r'), 0), max(f.scatter) FILTER (WHERE f.band = 'r'),
        max(f.flux) FILTER (WHERE f.band = 'i'), max(f.fluxErr) FILTER (WHERE f.band = 'i'),
        coalesce(max(f.nObs) FILTER (WHERE f.band = 'i'), 0), max(f.scatter) FILTER (WHERE f.band = 'i'),
        max(f.flux) FILTER (WHERE f.band = 'z'), max(f.fluxErr) FILTER (WHERE f.band = 'z'),
        coalesce(max(f.nObs) FILTER (WHERE f.band = 'z'), 0), max(f.scatter) FILTER (WHERE f.band = 'z'),
        max(f.flux) FILTER (WHERE f.band = 'y'), max(f.fluxErr) FILTER (WHERE f.band = 'y'),
        coalesce(max(f.nObs) FILTER (WHERE f.band = 'y'), 0), max(f.scatter) FILTER (WHERE f.band = 'y')
    FROM pg_temp.photometry_star_flux AS f
    JOIN pg_temp.photometry_star AS s USING (number)
    GROUP BY s.star, s.ra, s.decl, s.epoch, s.isHeldOut;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.write_calibration_stars(bigint, bigint) IS
    'A working step of calibration.fit_joint_photometry: writes its stars, with their mean fluxes, into calibration.CalibrationStar, and returns their number.';
