-- Stars of the HSC detector matched to Pan-STARRS: colour, reference minus instrumental magnitude, S/N.
SELECT
    sky.scisql_nanojanskyToAbMag(r.r_flux) - sky.scisql_nanojanskyToAbMag(r.i_flux),
    sky.scisql_nanojanskyToAbMag(r.i_flux) + 2.5 * log(s.psfInstFlux)
FROM association.match_reference('ps1_pv3', 'i', 0.5) AS m
JOIN raw.Source AS s ON s.hpx29 = m.hpx29 AND s.sourceId = m.sourceId
JOIN raw.ReferenceStar AS r ON r.catalog = 'ps1_pv3' AND r.refStarId = m.refStarId
WHERE s.psfInstFlux > 20 * s.psfInstFluxErr AND s.extendedness < 0.5 AND s.detector = 31
    AND r.r_flux > 0 AND r.i_flux > 0
