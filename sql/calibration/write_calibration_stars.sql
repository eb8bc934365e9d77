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
    ANALYZE pg_temp.photometry_star_flux;
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
        solution_id, s.star, s.ra, s.decl, s.epoch, CASE WHEN v.isVariable THEN 'variable' ELSE 'star' END,
        sed_solution, s.isHeldOut,
        u.flux, u.fluxErr, coalesce(u.nObs, 0), u.scatter,
        g.flux, g.fluxErr, coalesce(g.nObs, 0), g.scatter,
        r.flux, r.fluxErr, coalesce(r.nObs, 0), r.scatter,
        i.flux, i.fluxErr, coalesce(i.nObs, 0), i.scatter,
        z.flux, z.fluxErr, coalesce(z.nObs, 0), z.scatter,
        y.flux, y.fluxErr, coalesce(y.nObs, 0), y.scatter
    FROM (
        SELECT f.number, bool_or(f.isVariable) AS isVariable FROM pg_temp.photometry_star_flux AS f GROUP BY f.number
    ) AS v
    JOIN pg_temp.photometry_star AS s USING (number)
    LEFT JOIN pg_temp.photometry_star_flux AS u ON u.number = v.number AND u.band = 'u' AND u.flux IS NOT NULL
    LEFT JOIN pg_temp.photometry_star_flux AS g ON g.number = v.number AND g.band = 'g' AND g.flux IS NOT NULL
    LEFT JOIN pg_temp.photometry_star_flux AS r ON r.number = v.number AND r.band = 'r' AND r.flux IS NOT NULL
    LEFT JOIN pg_temp.photometry_star_flux AS i ON i.number = v.number AND i.band = 'i' AND i.flux IS NOT NULL
    LEFT JOIN pg_temp.photometry_star_flux AS z ON z.number = v.number AND z.band = 'z' AND z.flux IS NOT NULL
    LEFT JOIN pg_temp.photometry_star_flux AS y ON y.number = v.number AND y.band = 'y' AND y.flux IS NOT NULL
    ORDER BY s.star;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.write_calibration_stars(bigint, bigint) IS
    'A working step of calibration.fit_joint_photometry: writes its stars, with their mean fluxes, into calibration.CalibrationStar, and returns their number.';
