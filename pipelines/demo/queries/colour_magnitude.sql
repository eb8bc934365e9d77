-- Magnitudes of all objects measured well in two bands.
SELECT g_psfMag, r_psfMag, refExtendedness < 0.5
FROM dr1.Object
WHERE g_psfFlux > 10 * g_psfFluxErr AND r_psfFlux > 10 * r_psfFluxErr
    AND NOT (g_psfFlux_flag OR r_psfFlux_flag) AND refExtendedness IS NOT NULL
