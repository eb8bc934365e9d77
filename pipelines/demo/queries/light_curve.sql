-- Forced fluxes of one object [nJy] at the times of its visits.
SELECT v.expMidptMJD, f.band, f.psfFlux, f.psfFluxErr
FROM dr1.ForcedSource AS f
JOIN dr1.Visit AS v USING (visit)
WHERE f.objectId = %s AND NOT f.psfFlux_flag
ORDER BY v.expMidptMJD
