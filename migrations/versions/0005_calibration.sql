-- Observed passbands per visit and detector, as coefficients and as exact factors; kinds of SEDs.
-- Frozen: this file is never edited once it is merged.
CREATE TABLE calibration.atmosphere (
    solutionid BIGINT NOT NULL,
    visit BIGINT NOT NULL,
    airmass DOUBLE PRECISION NOT NULL,
    pressure DOUBLE PRECISION NOT NULL,
    pwv DOUBLE PRECISION NOT NULL,
    ozonedu DOUBLE PRECISION NOT NULL,
    aerosoldepth DOUBLE PRECISION NOT NULL,
    aerosolexponent DOUBLE PRECISION NOT NULL,
    transmission BYTEA NOT NULL,
    CONSTRAINT pk_atmosphere PRIMARY KEY (solutionid, visit),
    CONSTRAINT fk_atmosphere_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid),
    CONSTRAINT ck_atmosphere_transmission CHECK (octet_length(transmission) = 3204)
);
COMMENT ON TABLE calibration.atmosphere IS 'One row per set of observed passbands (a solution of kind passband) and visit: the atmosphere that the light came through.';
COMMENT ON COLUMN calibration.atmosphere.solutionid IS 'Set of observed passbands this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.atmosphere.visit IS 'Visit (one pointing, one band) the row belongs to. (meta.id;obs)';
COMMENT ON COLUMN calibration.atmosphere.airmass IS 'Airmass of the visit. (obs.airMass)';
COMMENT ON COLUMN calibration.atmosphere.pressure IS 'Pressure at the telescope. [mbar] (phys.pressure;obs.atmos)';
COMMENT ON COLUMN calibration.atmosphere.pwv IS 'Precipitable water at the zenith. [mm] (phys.columnDensity;obs.atmos)';
COMMENT ON COLUMN calibration.atmosphere.ozonedu IS 'Column of ozone at the zenith, in DU; 1000 DU are 1 cm of the gas at 0 degrees and 1 atm. (phys.columnDensity;obs.atmos)';
COMMENT ON COLUMN calibration.atmosphere.aerosoldepth IS 'Optical depth of aerosols at the zenith, at 775 nm. (phys.absorption.opticalDepth;obs.atmos)';
COMMENT ON COLUMN calibration.atmosphere.aerosolexponent IS 'Aerosols'' optical depth goes as wavelength to the power of minus this. (arith.factor;obs.atmos)';
COMMENT ON COLUMN calibration.atmosphere.transmission IS 'Transmission along the line of sight: 801 float4, little endian, averages over bins of 1 nm centred on 300 to 1100 nm. (phys.transmission;obs.atmos)';

CREATE TABLE calibration.instrumentpassband (
    solutionid BIGINT NOT NULL,
    detector INTEGER NOT NULL,
    band TEXT NOT NULL,
    throughput BYTEA NOT NULL,
    CONSTRAINT pk_instrumentpassband PRIMARY KEY (solutionid, detector, band),
    CONSTRAINT fk_instrumentpassband_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid),
    CONSTRAINT ck_instrumentpassband_throughput CHECK (octet_length(throughput) = 3204)
);
COMMENT ON TABLE calibration.instrumentpassband IS 'One row per set of observed passbands, detector and band: the photon response of telescope, filter and detector, without the atmosphere.';
COMMENT ON COLUMN calibration.instrumentpassband.solutionid IS 'Set of observed passbands this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.instrumentpassband.detector IS 'Detector of the focal plane. (meta.id;instr.det)';
COMMENT ON COLUMN calibration.instrumentpassband.band IS 'Abstract band: one of u g r i z y. (meta.id;instr.bandpass)';
COMMENT ON COLUMN calibration.instrumentpassband.throughput IS 'Photon response: 801 float4, little endian, averages over bins of 1 nm centred on 300 to 1100 nm. (phys.transmission;instr)';

CREATE TABLE calibration.passbandbasis (
    solutionid BIGINT NOT NULL,
    band TEXT NOT NULL,
    system TEXT NOT NULL,
    standard BYTEA NOT NULL,
    support BYTEA NOT NULL,
    curves BYTEA NOT NULL,
    CONSTRAINT pk_passbandbasis PRIMARY KEY (solutionid, band),
    CONSTRAINT fk_passbandbasis_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid),
    CONSTRAINT ck_passbandbasis_curves CHECK (octet_length(standard) = 3204 AND octet_length(support) = 3204 AND octet_length(curves) = 32040)
);
COMMENT ON TABLE calibration.passbandbasis IS 'One row per set of observed passbands and band: the standard passband, and the curves that observed passbands differ from it by.';
COMMENT ON COLUMN calibration.passbandbasis.solutionid IS 'Set of observed passbands this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.passbandbasis.band IS 'Abstract band: one of u g r i z y. (meta.id;instr.bandpass)';
COMMENT ON COLUMN calibration.passbandbasis.system IS 'Photometric system that fluxes are brought to, e.g. lsst2023. (meta.id;meta.dataset)';
COMMENT ON COLUMN calibration.passbandbasis.standard IS 'The system''s passband, atmosphere included: 801 float4, little endian, averages over bins of 1 nm centred on 300 to 1100 nm. (phys.transmission)';
COMMENT ON COLUMN calibration.passbandbasis.support IS 'Most that any observed passband has of its integral in each bin: where a spectrum must be known. (phys.transmission;stat.max)';
COMMENT ON COLUMN calibration.passbandbasis.curves IS 'Ten curves of sum 0, 801 float4 each: S/l of an observed passband over its integral is that of the standard plus the sum of c1 to c10 times these. (phys.transmission;stat.param)';

CREATE TABLE calibration.passbandcoefficient (
    solutionid BIGINT NOT NULL,
    visit BIGINT NOT NULL,
    detector INTEGER NOT NULL,
    band TEXT NOT NULL,
    c1 REAL NOT NULL,
    c2 REAL NOT NULL,
    c3 REAL NOT NULL,
    c4 REAL NOT NULL,
    c5 REAL NOT NULL,
    c6 REAL NOT NULL,
    c7 REAL NOT NULL,
    c8 REAL NOT NULL,
    c9 REAL NOT NULL,
    c10 REAL NOT NULL,
    basisrms REAL NOT NULL,
    CONSTRAINT pk_passbandcoefficient PRIMARY KEY (solutionid, visit, detector),
    CONSTRAINT fk_passbandcoefficient_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid)
);
COMMENT ON TABLE calibration.passbandcoefficient IS 'One row per set of observed passbands, visit and detector: the observed passband as coefficients of its band''s PassbandBasis.';
COMMENT ON COLUMN calibration.passbandcoefficient.solutionid IS 'Set of observed passbands this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.passbandcoefficient.visit IS 'Visit (one pointing, one band) the row belongs to. (meta.id;obs)';
COMMENT ON COLUMN calibration.passbandcoefficient.detector IS 'Detector of the focal plane. (meta.id;instr.det)';
COMMENT ON COLUMN calibration.passbandcoefficient.band IS 'Abstract band: one of u g r i z y. (meta.id;instr.bandpass)';
COMMENT ON COLUMN calibration.passbandcoefficient.c1 IS 'Coefficient of curve 1 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c2 IS 'Coefficient of curve 2 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c3 IS 'Coefficient of curve 3 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c4 IS 'Coefficient of curve 4 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c5 IS 'Coefficient of curve 5 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c6 IS 'Coefficient of curve 6 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c7 IS 'Coefficient of curve 7 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c8 IS 'Coefficient of curve 8 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c9 IS 'Coefficient of curve 9 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.c10 IS 'Coefficient of curve 10 of the basis. (stat.param;phys.transmission)';
COMMENT ON COLUMN calibration.passbandcoefficient.basisrms IS 'Root mean square error of kappa by these coefficients, against integrals over the exact passband, of the spectra of the library. [mmag] (stat.fit.residual;phot.mag)';

ALTER TABLE calibration.sed ADD COLUMN subtype TEXT;
ALTER TABLE calibration.sed DROP CONSTRAINT ck_sed_kind;
ALTER TABLE calibration.sed ADD CONSTRAINT ck_sed_kind
    CHECK (kind IN ('star', 'whiteDwarf', 'galaxy', 'qso', 'supernova', 'other'));
COMMENT ON COLUMN calibration.sed.subtype IS 'Spectral or morphological type, as published, e.g. M5V. (src.spType)';
COMMENT ON COLUMN calibration.sed.kind IS 'What it is the spectrum of: star, whiteDwarf, galaxy, qso, supernova or other. (meta.code.class;src)';
COMMENT ON COLUMN calibration.solution.kind IS 'What it holds: photometry, astrometry, or passband (a set of observed passbands). (meta.code)';

ALTER TABLE meta.load ADD COLUMN removedat TIMESTAMP WITH TIME ZONE;
COMMENT ON COLUMN meta.load.removedat IS 'When its rows were taken out; NULL unless undone or replaced. (time.end)';
