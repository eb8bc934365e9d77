-- Which SEDs a release was calibrated with.
-- Frozen: this file is never edited once it is merged.
ALTER TABLE meta.release ADD COLUMN sedsolutionid BIGINT;
COMMENT ON COLUMN meta.release.sedsolutionid IS 'SEDs of the Objects that kappa was computed for: calibration.Solution of kind sed; NULL for kappa = 1. (meta.id)';
ALTER TABLE meta.release ADD COLUMN variablesedsolutionid BIGINT;
COMMENT ON COLUMN meta.release.variablesedsolutionid IS 'SEDs of what varies, for difference fluxes: calibration.Solution of kind sed; NULL if none were given. (meta.id)';
COMMENT ON COLUMN calibration.solution.kind IS 'What it holds: photometry, astrometry, passband (a set of observed passbands), template (a grid of spectra), or sed (spectra of objects). (meta.code)';

-- Grids of templates, and the spectra of objects.
CREATE TABLE calibration.template (
    solutionid BIGINT NOT NULL,
    templateid INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    redshift DOUBLE PRECISION NOT NULL,
    ebv DOUBLE PRECISION NOT NULL,
    prior DOUBLE PRECISION NOT NULL,
    fnu BYTEA NOT NULL,
    CONSTRAINT pk_template PRIMARY KEY (solutionid, templateid),
    CONSTRAINT fk_template_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid),
    CONSTRAINT ck_template_fnu CHECK (octet_length(fNu) = 3204)
);
COMMENT ON TABLE calibration.template IS 'One row per template of a grid (a solution of kind template): a spectrum of calibration.Sed at a redshift or behind dust, which SEDs of objects are mixtures of.';
COMMENT ON COLUMN calibration.template.solutionid IS 'Grid this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.template.templateid IS 'Number of the template in its grid, from 1. (meta.id)';
COMMENT ON COLUMN calibration.template.name IS 'Name of the spectrum in calibration.Sed. (meta.id;src)';
COMMENT ON COLUMN calibration.template.kind IS 'What it is the spectrum of: star, whiteDwarf, galaxy or qso. (meta.code.class;src)';
COMMENT ON COLUMN calibration.template.redshift IS 'Redshift; 0 for stars. (src.redshift)';
COMMENT ON COLUMN calibration.template.ebv IS 'E(B-V) of the dust in front of it. [mag] (phot.color.excess)';
COMMENT ON COLUMN calibration.template.prior IS 'Probability before colours are known; the sum over the grid is 1. (stat.probability)';
COMMENT ON COLUMN calibration.template.fnu IS 'Flux density per frequency, greatest value 1: 801 float4, little endian, averages over bins of 1 nm centred on 300 to 1100 nm. (phot.flux.density;em.freq)';

CREATE TABLE calibration.objectsed (
    solutionid BIGINT NOT NULL,
    objectid BIGINT NOT NULL,
    method TEXT NOT NULL,
    templateid INTEGER[],
    weight REAL[],
    referenceband TEXT,
    colour REAL[],
    colourerr REAL[],
    chi2 REAL,
    nband INTEGER NOT NULL,
    psfsedsolutionid BIGINT,
    psfsed_flag BOOLEAN NOT NULL,
    CONSTRAINT pk_objectsed PRIMARY KEY (solutionid, objectid),
    CONSTRAINT fk_objectsed_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid),
    CONSTRAINT ck_objectsed_method CHECK (method IN ('posterior', 'spline', 'flat', 'given'))
);
COMMENT ON TABLE calibration.objectsed IS 'One row per solution of kind sed and object: the spectrum it was calibrated with, so that it can be rebuilt exactly (calibration.object_sed). The solution''s parameters name the grid of templates and the set of passbands.';
COMMENT ON COLUMN calibration.objectsed.solutionid IS 'Solution this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.objectsed.objectid IS 'Object, or star of a calibration solution. (meta.id;src)';
COMMENT ON COLUMN calibration.objectsed.method IS 'posterior (mean of templates), spline (through the colours), flat (colours unknown: kappa is 1), or given (a template that was stated). (meta.code)';
COMMENT ON COLUMN calibration.objectsed.templateid IS 'Templates of the mixture, the heaviest first; NULL without templates. (meta.id)';
COMMENT ON COLUMN calibration.objectsed.weight IS 'Their weights, of sum 1: parts of the flux in referenceBand. (stat.weight)';
COMMENT ON COLUMN calibration.objectsed.referenceband IS 'Band that colours and weights refer to: r, or else the band with the smallest error; NULL if no flux could be used. (meta.id;instr.bandpass)';
COMMENT ON COLUMN calibration.objectsed.colour IS 'AB magnitudes in u g r i z y less that in referenceBand, in standard passbands, as used; NaN where not used. [mag] (phot.color)';
COMMENT ON COLUMN calibration.objectsed.colourerr IS '1-sigma errors of the colours as used, allowance for the templates included; NaN where not used. [mag] (stat.error;phot.color)';
COMMENT ON COLUMN calibration.objectsed.chi2 IS 'Least chi-squared of the colours against any template; NULL if they were not compared. (stat.fit.chi2)';
COMMENT ON COLUMN calibration.objectsed.nband IS 'Number of bands whose fluxes were used. (meta.number;instr.bandpass)';
COMMENT ON COLUMN calibration.objectsed.psfsedsolutionid IS 'Solution of kind sed whose spectrum of this object the PSF-dependent measurements took; NULL if they took a flat one. (meta.id)';
COMMENT ON COLUMN calibration.objectsed.psfsed_flag IS 'True if PSF-dependent measurements took another spectrum than this record. (meta.code.error)';

CREATE TABLE calibration.objectchrom (
    solutionid BIGINT NOT NULL,
    objectid BIGINT NOT NULL,
    band TEXT NOT NULL,
    g1 REAL NOT NULL,
    g2 REAL NOT NULL,
    g3 REAL NOT NULL,
    g4 REAL NOT NULL,
    g5 REAL NOT NULL,
    g6 REAL NOT NULL,
    g7 REAL NOT NULL,
    g8 REAL NOT NULL,
    g9 REAL NOT NULL,
    g10 REAL NOT NULL,
    CONSTRAINT pk_objectchrom PRIMARY KEY (solutionid, objectid, band),
    CONSTRAINT fk_objectchrom_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid)
);
COMMENT ON TABLE calibration.objectchrom IS 'One row per solution of kind sed, object and band: the numbers of its spectrum that calibration.chromatic_factor takes, for the solution''s set of passbands; no row means kappa = 1.';
COMMENT ON COLUMN calibration.objectchrom.solutionid IS 'Solution this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.objectchrom.objectid IS 'Object, or star of a calibration solution. (meta.id;src)';
COMMENT ON COLUMN calibration.objectchrom.band IS 'Abstract band: one of u g r i z y. (meta.id;instr.bandpass)';
COMMENT ON COLUMN calibration.objectchrom.g1 IS 'What the spectrum has of curve 1 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g2 IS 'What the spectrum has of curve 2 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g3 IS 'What the spectrum has of curve 3 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g4 IS 'What the spectrum has of curve 4 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g5 IS 'What the spectrum has of curve 5 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g6 IS 'What the spectrum has of curve 6 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g7 IS 'What the spectrum has of curve 7 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g8 IS 'What the spectrum has of curve 8 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g9 IS 'What the spectrum has of curve 9 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
COMMENT ON COLUMN calibration.objectchrom.g10 IS 'What the spectrum has of curve 10 of the band''s PassbandBasis, over its mean in the standard passband. (stat.param;phot.flux.density)';
