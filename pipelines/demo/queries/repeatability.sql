-- Scatter of the magnitudes of each star over its visits, and the scatter its errors explain [mmag].
SELECT
    avg(sky.scisql_nanojanskyToAbMag(s.psfFlux)),
    1000 * stddev_samp(sky.scisql_nanojanskyToAbMag(s.psfFlux)),
    1000 * sqrt(avg(power(sky.scisql_nanojanskyToAbMagSigma(s.psfFlux, s.psfFluxErr), 2))),
    s.band
FROM dr1.Source AS s
JOIN dr1.Object AS o USING (objectId)
WHERE o.refExtendedness < 0.5 AND s.psfFlux > 10 * s.psfFluxErr AND NOT s.psfFlux_flag
    AND NOT (s.pixelFlags_saturated OR s.pixelFlags_edge OR s.pixelFlags_cr OR s.pixelFlags_bad)
GROUP BY s.objectId, s.band
HAVING count(*) >= 5
