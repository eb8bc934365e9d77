-- Zero points of a visit in one array, which light curves read; kept the same as PhotoCalib by triggers.
-- Frozen: this file is never edited once it is merged.
CREATE TABLE calibration.visitphotocalib (
    solutionid BIGINT NOT NULL,
    visit BIGINT NOT NULL,
    firstdetector INTEGER NOT NULL,
    zmean DOUBLE PRECISION[] NOT NULL,
    CONSTRAINT pk_visitphotocalib PRIMARY KEY (solutionid, visit, firstdetector)
);
COMMENT ON TABLE calibration.visitphotocalib IS 'One row per solution, visit and 256 detectors: their zero points in one array, which light curves read. Triggers keep it the same as PhotoCalib: never write to it.';
COMMENT ON COLUMN calibration.visitphotocalib.solutionid IS 'Solution this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.visitphotocalib.visit IS 'Visit (one pointing, one band) the row belongs to. (meta.id;obs)';
COMMENT ON COLUMN calibration.visitphotocalib.firstdetector IS 'Detector of the first element, a multiple of 256; the others follow without gaps. (meta.id;instr.det)';
COMMENT ON COLUMN calibration.visitphotocalib.zmean IS 'PhotoCalib.zMean of the detectors from firstDetector on; NULL where a detector has none. [nJy/ct] (phot.calib)';
INSERT INTO calibration.visitphotocalib (solutionid, visit, firstdetector, zmean)
SELECT s.solutionid, s.visit, s.first, array_agg(p.zmean ORDER BY n.detector)
FROM (
    SELECT solutionid, visit, detector & -256 AS first, max(detector) AS last
    FROM calibration.photocalib
    GROUP BY solutionid, visit, first
) AS s
CROSS JOIN LATERAL generate_series(s.first, s.last) AS n (detector)
LEFT JOIN calibration.photocalib AS p USING (solutionid, visit, detector)
GROUP BY s.solutionid, s.visit, s.first;

-- Nothing reads zero points from the index of their key any more.
ALTER TABLE calibration.photocalib
    DROP CONSTRAINT pk_photocalib,
    ADD CONSTRAINT pk_photocalib PRIMARY KEY (solutionid, visit, detector);
