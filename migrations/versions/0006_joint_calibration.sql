-- Which SEDs a release was calibrated with.
-- Frozen: this file is never edited once it is merged.
ALTER TABLE meta.release ADD COLUMN sedsolutionid BIGINT;
COMMENT ON COLUMN meta.release.sedsolutionid IS 'SEDs of the Objects that kappa was computed for: calibration.Solution of kind sed; NULL for kappa = 1. (meta.id)';
ALTER TABLE meta.release ADD COLUMN variablesedsolutionid BIGINT;
COMMENT ON COLUMN meta.release.variablesedsolutionid IS 'SEDs of what varies, for difference fluxes: calibration.Solution of kind sed; NULL if none were given. (meta.id)';
COMMENT ON COLUMN calibration.solution.kind IS 'What it holds: photometry, astrometry, passband (a set of observed passbands), or sed (spectra of objects). (meta.code)';
