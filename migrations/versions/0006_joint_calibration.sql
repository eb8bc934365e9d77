-- Which SEDs a release was calibrated with.
-- Frozen: this file is never edited once it is merged.
ALTER TABLE meta.release ADD COLUMN sedsolutionid BIGINT;
COMMENT ON COLUMN meta.release.sedsolutionid IS 'SEDs of the Objects that kappa was computed for: calibration.Solution of kind sed; NULL for kappa = 1. (meta.id)';
ALTER TABLE meta.release ADD COLUMN variablesedsolutionid BIGINT;
COMMENT ON COLUMN meta.release.variablesedsolutionid IS 'SEDs of what varies, for difference fluxes: calibration.Solution of kind sed; NULL if none were given. (meta.id)';
COMMENT ON COLUMN calibration.solution.kind IS 'What it holds: photometry, astrometry, passband (a set of observed passbands), template (a grid of spectra), or sed (spectra of objects). (meta.code)';

-- Only detections that lie in another cell of order 12 than their object are looked for by it.
DROP INDEX association.ix_sourcegroup_objectid;
CREATE INDEX ix_sourcegroup_objectid ON association.sourcegroup (objectid) WHERE (objectId >> 34) <> (hpx29 >> 34);

-- Large tables are matched batch by batch, no longer cell by cell.
DROP FUNCTION IF EXISTS sky.touched_rows(text, double precision, double precision);

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
COMMENT ON COLUMN calibration.template.prior IS 'Probability among templates of its kind before colours are known; the sum over the kind is 1. (stat.probability)';
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
    CONSTRAINT ck_objectsed_method CHECK (method IN ('posterior', 'spline', 'flat', 'given'))
);
COMMENT ON TABLE calibration.objectsed IS 'One row per solution of kind sed and object: the spectrum it was calibrated with, so that it can be rebuilt exactly (calibration.object_sed). The solution''s parameters name the grid of templates and the set of passbands.';
COMMENT ON COLUMN calibration.objectsed.solutionid IS 'Solution this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.objectsed.objectid IS 'Object, or star of a calibration solution. (meta.id;src)';
COMMENT ON COLUMN calibration.objectsed.method IS 'posterior (mean of templates), spline (through the colours), flat (colours unknown: kappa is 1), or given (a template that was stated). (meta.code)';
COMMENT ON COLUMN calibration.objectsed.templateid IS 'Templates of the mixture, the heaviest first; NULL without templates. (meta.id)';
COMMENT ON COLUMN calibration.objectsed.weight IS 'Their weights, of sum 1: parts of the flux in referenceBand. (stat.weight)';
COMMENT ON COLUMN calibration.objectsed.referenceband IS 'Band that colours and weights refer to: r where it is known to 0.02 mag, or else the band with the smallest error; NULL if no flux could be used. (meta.id;instr.bandpass)';
COMMENT ON COLUMN calibration.objectsed.colour IS 'AB magnitudes in u g r i z y less that in referenceBand, in standard passbands, as used; NaN where not used. [mag] (phot.color)';
COMMENT ON COLUMN calibration.objectsed.colourerr IS '1-sigma errors of the colours as used, allowance for the templates included; NaN where not used. [mag] (stat.error;phot.color)';
COMMENT ON COLUMN calibration.objectsed.chi2 IS 'Least chi-squared of the colours against one of the ten best templates; NULL if they were not compared. (stat.fit.chi2)';
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
    CONSTRAINT pk_objectchrom PRIMARY KEY (solutionid, objectid, band)
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

-- World coordinate systems of joint fits.
CREATE TABLE calibration.wcscalib (
    solutionid BIGINT NOT NULL,
    visit BIGINT NOT NULL,
    detector INTEGER NOT NULL,
    crpix1 DOUBLE PRECISION NOT NULL,
    crpix2 DOUBLE PRECISION NOT NULL,
    crval1 DOUBLE PRECISION NOT NULL,
    crval2 DOUBLE PRECISION NOT NULL,
    cd1_1 DOUBLE PRECISION NOT NULL,
    cd1_2 DOUBLE PRECISION NOT NULL,
    cd2_1 DOUBLE PRECISION NOT NULL,
    cd2_2 DOUBLE PRECISION NOT NULL,
    siporder INTEGER NOT NULL,
    sipa DOUBLE PRECISION[] NOT NULL,
    sipb DOUBLE PRECISION[] NOT NULL,
    component INTEGER NOT NULL,
    nstar INTEGER NOT NULL,
    rms DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_wcscalib PRIMARY KEY (solutionid, visit, detector),
    CONSTRAINT fk_wcscalib_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid)
);
COMMENT ON TABLE calibration.wcscalib IS 'One row per astrometric solution, visit and detector: the TAN-SIP WCS that takes pixels to ICRS positions.';
COMMENT ON COLUMN calibration.wcscalib.solutionid IS 'Solution this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.wcscalib.visit IS 'Visit (one pointing, one band) the row belongs to. (meta.id;obs)';
COMMENT ON COLUMN calibration.wcscalib.detector IS 'Detector of the focal plane. (meta.id;instr.det)';
COMMENT ON COLUMN calibration.wcscalib.crpix1 IS 'WCS reference column, one-based as in FITS. [pixel] (pos.wcs.crpix)';
COMMENT ON COLUMN calibration.wcscalib.crpix2 IS 'WCS reference row, one-based as in FITS. [pixel] (pos.wcs.crpix)';
COMMENT ON COLUMN calibration.wcscalib.crval1 IS 'Right ascension (ICRS) of the WCS reference point. [deg] (pos.wcs.crval)';
COMMENT ON COLUMN calibration.wcscalib.crval2 IS 'Declination (ICRS) of the WCS reference point. [deg] (pos.wcs.crval)';
COMMENT ON COLUMN calibration.wcscalib.cd1_1 IS 'Element 1,1 of the WCS matrix (FITS CD1_1). [deg/pixel] (pos.wcs.cdmatrix)';
COMMENT ON COLUMN calibration.wcscalib.cd1_2 IS 'Element 1,2 of the WCS matrix (FITS CD1_2). [deg/pixel] (pos.wcs.cdmatrix)';
COMMENT ON COLUMN calibration.wcscalib.cd2_1 IS 'Element 2,1 of the WCS matrix (FITS CD2_1). [deg/pixel] (pos.wcs.cdmatrix)';
COMMENT ON COLUMN calibration.wcscalib.cd2_2 IS 'Element 2,2 of the WCS matrix (FITS CD2_2). [deg/pixel] (pos.wcs.cdmatrix)';
COMMENT ON COLUMN calibration.wcscalib.siporder IS 'Order of the SIP distortion; 0 if there is none. (meta.number)';
COMMENT ON COLUMN calibration.wcscalib.sipa IS 'SIP coefficients A_pq, row-major (sipOrder+1)^2: A_pq multiplies u^p v^q, u = FITS x - crpix1. (pos.wcs)';
COMMENT ON COLUMN calibration.wcscalib.sipb IS 'SIP coefficients B_pq, as sipA, for the second axis. (pos.wcs)';
COMMENT ON COLUMN calibration.wcscalib.component IS 'Visits and detectors that stars in common tie together have the same number, counted from 1 by their first visit. (meta.id)';
COMMENT ON COLUMN calibration.wcscalib.nstar IS 'Number of stars of the visit and detector that were fitted. (meta.number)';
COMMENT ON COLUMN calibration.wcscalib.rms IS 'Root mean square of their residuals, per axis. [mas] (stat.fit.residual;pos)';

CREATE TABLE calibration.starflat (
    solutionid BIGINT NOT NULL,
    band TEXT NOT NULL,
    detector INTEGER NOT NULL,
    nx INTEGER NOT NULL,
    ny INTEGER NOT NULL,
    coefficients DOUBLE PRECISION[] NOT NULL,
    CONSTRAINT pk_starflat PRIMARY KEY (solutionid, band, detector),
    CONSTRAINT fk_starflat_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid),
    CONSTRAINT ck_starflat_coefficients CHECK (cardinality(coefficients) = 10)
);
COMMENT ON TABLE calibration.starflat IS 'One row per photometric solution, band and detector: how the zero point varies over the detector.';
COMMENT ON COLUMN calibration.starflat.solutionid IS 'Solution this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.starflat.band IS 'Abstract band: one of u g r i z y. (meta.id;instr.bandpass)';
COMMENT ON COLUMN calibration.starflat.detector IS 'Detector of the focal plane. (meta.id;instr.det)';
COMMENT ON COLUMN calibration.starflat.nx IS 'Columns of the detector. [pixel] (meta.number;instr.det)';
COMMENT ON COLUMN calibration.starflat.ny IS 'Rows of the detector. [pixel] (meta.number;instr.det)';
COMMENT ON COLUMN calibration.starflat.coefficients IS 'Chebyshev coefficients c_ij of g = sum c_ij T_i(u) T_j(v), ij = 00 01 02 03 10 11 12 20 21 30, u = (2 x + 1) / nx - 1, v = (2 y + 1) / ny - 1; flux [nJy] = counts x zMean x g x kappa. The mean of g is 1. (stat.param;phot.calib)';

CREATE TABLE calibration.calibrationstar (
    solutionid BIGINT NOT NULL,
    starid BIGINT NOT NULL,
    ra DOUBLE PRECISION NOT NULL,
    dec DOUBLE PRECISION NOT NULL,
    raerr REAL,
    decerr REAL,
    ra_dec_cov REAL,
    epoch DOUBLE PRECISION,
    pmra REAL,
    pmraerr REAL,
    pmdec REAL,
    pmdecerr REAL,
    pmra_pmdec_cov REAL,
    parallax REAL,
    parallaxerr REAL,
    u_flux DOUBLE PRECISION,
    u_fluxerr REAL,
    u_nobs INTEGER,
    u_scatter REAL,
    g_flux DOUBLE PRECISION,
    g_fluxerr REAL,
    g_nobs INTEGER,
    g_scatter REAL,
    r_flux DOUBLE PRECISION,
    r_fluxerr REAL,
    r_nobs INTEGER,
    r_scatter REAL,
    i_flux DOUBLE PRECISION,
    i_fluxerr REAL,
    i_nobs INTEGER,
    i_scatter REAL,
    z_flux DOUBLE PRECISION,
    z_fluxerr REAL,
    z_nobs INTEGER,
    z_scatter REAL,
    y_flux DOUBLE PRECISION,
    y_fluxerr REAL,
    y_nobs INTEGER,
    y_scatter REAL,
    class TEXT,
    sedsolutionid BIGINT,
    isheldout BOOLEAN NOT NULL,
    CONSTRAINT pk_calibrationstar PRIMARY KEY (solutionid, starid),
    CONSTRAINT fk_calibrationstar_solution FOREIGN KEY(solutionid) REFERENCES calibration.solution (solutionid)
);
COMMENT ON TABLE calibration.calibrationstar IS 'One row per joint solution and star it was fitted to: a reference catalog that the survey made itself, of positions (astrometric solutions) or fluxes (photometric ones).';
COMMENT ON COLUMN calibration.calibrationstar.solutionid IS 'Solution this row belongs to. (meta.id)';
COMMENT ON COLUMN calibration.calibrationstar.starid IS 'Star: the objectId of its match group, which is hpx29 of the detection that discovered it. (meta.id;meta.main)';
COMMENT ON COLUMN calibration.calibrationstar.ra IS 'Right ascension (ICRS) at epoch; in photometric solutions the mean of the detections as they were loaded. [deg] (pos.eq.ra;meta.main)';
COMMENT ON COLUMN calibration.calibrationstar.dec IS 'Declination (ICRS) at epoch. [deg] (pos.eq.dec;meta.main)';
COMMENT ON COLUMN calibration.calibrationstar.raerr IS '1-sigma error of ra, times cos(dec). [deg] (stat.error;pos.eq.ra)';
COMMENT ON COLUMN calibration.calibrationstar.decerr IS '1-sigma error of dec. [deg] (stat.error;pos.eq.dec)';
COMMENT ON COLUMN calibration.calibrationstar.ra_dec_cov IS 'Covariance of ra (times cos(dec)) and dec. [deg**2] (stat.covariance;pos.eq)';
COMMENT ON COLUMN calibration.calibrationstar.epoch IS 'Epoch of the position, MJD TAI. [d] (time.epoch;pos)';
COMMENT ON COLUMN calibration.calibrationstar.pmra IS 'Proper motion in right ascension, times cos(dec). [mas/yr] (pos.pm;pos.eq.ra)';
COMMENT ON COLUMN calibration.calibrationstar.pmraerr IS '1-sigma error of pmRa. [mas/yr] (stat.error;pos.pm;pos.eq.ra)';
COMMENT ON COLUMN calibration.calibrationstar.pmdec IS 'Proper motion in declination. [mas/yr] (pos.pm;pos.eq.dec)';
COMMENT ON COLUMN calibration.calibrationstar.pmdecerr IS '1-sigma error of pmDec. [mas/yr] (stat.error;pos.pm;pos.eq.dec)';
COMMENT ON COLUMN calibration.calibrationstar.pmra_pmdec_cov IS 'Covariance of pmRa and pmDec. [mas**2/yr**2] (stat.covariance;pos.pm)';
COMMENT ON COLUMN calibration.calibrationstar.parallax IS 'Parallax. [mas] (pos.parallax)';
COMMENT ON COLUMN calibration.calibrationstar.parallaxerr IS '1-sigma error of parallax. [mas] (stat.error;pos.parallax)';
COMMENT ON COLUMN calibration.calibrationstar.u_flux IS 'Mean flux in the standard passband, band u. [nJy] (phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.u_fluxerr IS '1-sigma error of u_flux by random errors and those of the zero points'' tie. [nJy] (stat.error;phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.u_nobs IS 'Detections in band u that were used. (meta.number;obs)';
COMMENT ON COLUMN calibration.calibrationstar.u_scatter IS 'Standard deviation of those detections'' magnitudes in band u; NULL for a single one. [mag] (stat.stdev;phot.mag;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.g_flux IS 'Mean flux in the standard passband, band g. [nJy] (phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.g_fluxerr IS '1-sigma error of g_flux by random errors and those of the zero points'' tie. [nJy] (stat.error;phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.g_nobs IS 'Detections in band g that were used. (meta.number;obs)';
COMMENT ON COLUMN calibration.calibrationstar.g_scatter IS 'Standard deviation of those detections'' magnitudes in band g; NULL for a single one. [mag] (stat.stdev;phot.mag;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.r_flux IS 'Mean flux in the standard passband, band r. [nJy] (phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.r_fluxerr IS '1-sigma error of r_flux by random errors and those of the zero points'' tie. [nJy] (stat.error;phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.r_nobs IS 'Detections in band r that were used. (meta.number;obs)';
COMMENT ON COLUMN calibration.calibrationstar.r_scatter IS 'Standard deviation of those detections'' magnitudes in band r; NULL for a single one. [mag] (stat.stdev;phot.mag;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.i_flux IS 'Mean flux in the standard passband, band i. [nJy] (phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.i_fluxerr IS '1-sigma error of i_flux by random errors and those of the zero points'' tie. [nJy] (stat.error;phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.i_nobs IS 'Detections in band i that were used. (meta.number;obs)';
COMMENT ON COLUMN calibration.calibrationstar.i_scatter IS 'Standard deviation of those detections'' magnitudes in band i; NULL for a single one. [mag] (stat.stdev;phot.mag;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.z_flux IS 'Mean flux in the standard passband, band z. [nJy] (phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.z_fluxerr IS '1-sigma error of z_flux by random errors and those of the zero points'' tie. [nJy] (stat.error;phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.z_nobs IS 'Detections in band z that were used. (meta.number;obs)';
COMMENT ON COLUMN calibration.calibrationstar.z_scatter IS 'Standard deviation of those detections'' magnitudes in band z; NULL for a single one. [mag] (stat.stdev;phot.mag;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.y_flux IS 'Mean flux in the standard passband, band y. [nJy] (phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.y_fluxerr IS '1-sigma error of y_flux by random errors and those of the zero points'' tie. [nJy] (stat.error;phot.flux.density;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.y_nobs IS 'Detections in band y that were used. (meta.number;obs)';
COMMENT ON COLUMN calibration.calibrationstar.y_scatter IS 'Standard deviation of those detections'' magnitudes in band y; NULL for a single one. [mag] (stat.stdev;phot.mag;em.opt)';
COMMENT ON COLUMN calibration.calibrationstar.class IS 'What it is: star, or variable if its flux varies in a band. (meta.code.class;src)';
COMMENT ON COLUMN calibration.calibrationstar.sedsolutionid IS 'Solution of kind sed whose SED of this star the fluxes were made with; NULL for a flat spectrum. (meta.id)';
COMMENT ON COLUMN calibration.calibrationstar.isheldout IS 'Took no part in the fit, so that its scatter is an honest measure of it. (meta.code)';

ALTER TABLE calibration.photocalib ADD COLUMN component INTEGER;
COMMENT ON COLUMN calibration.photocalib.component IS 'Images that stars in common tie together have the same number within a band, counted from 1 by the first visit; NULL if they were not fitted together. (meta.id)';

ALTER TABLE meta.release ADD COLUMN astrometrysolutionid BIGINT;
COMMENT ON COLUMN meta.release.astrometrysolutionid IS 'WCS that positions were made with: calibration.Solution of kind astrometry; NULL for those known when the images were loaded. (meta.id)';
