-- Zero point [AB mag of one count] and colour term of the HSC detector against Pan-STARRS.
SELECT c.zeroPoint, c.zeroPointErr, c.colourTerm, c.colourTermErr, c.rms, c.nStar
FROM calibration.PhotoCalib AS c
JOIN calibration.Solution AS s USING (solutionId)
WHERE s.name = 'ps1' AND c.visit = 903986 AND c.detector = 31
