-- The object whose forced fluxes in one band vary most beyond their errors, in at least eight visits.
SELECT f.objectId, min(f.coord_ra) AS ra, min(f.coord_dec) AS dec
FROM dr1.ForcedSource AS f
JOIN dr1.Object AS o USING (objectId)
WHERE o.refExtendedness < 0.5 AND NOT f.psfFlux_flag
    AND NOT (f.pixelFlags_saturated OR f.pixelFlags_edge OR f.pixelFlags_cr OR f.pixelFlags_bad)
GROUP BY f.objectId, f.band
HAVING count(*) >= 8
ORDER BY stddev_samp(f.psfFlux) / avg(f.psfFlux) * least(avg(f.psfFlux / f.psfFluxErr), 100) DESC
LIMIT 1
