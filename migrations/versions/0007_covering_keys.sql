-- The keys of passbands and zero points hold what a light curve needs of them.
-- Frozen: this file is never edited once it is merged.
ALTER TABLE calibration.passbandcoefficient
    DROP CONSTRAINT pk_passbandcoefficient,
    ADD CONSTRAINT pk_passbandcoefficient PRIMARY KEY (solutionid, visit, detector)
        INCLUDE (band, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10);
ALTER TABLE calibration.photocalib
    DROP CONSTRAINT pk_photocalib,
    ADD CONSTRAINT pk_photocalib PRIMARY KEY (solutionid, visit, detector) INCLUDE (zmean);
