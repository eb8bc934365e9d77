-- Working tables of association, partition by partition.
-- Frozen: this file is never edited once it is merged.
DROP INDEX association.ix_sourcegroup_release_objectid;
ALTER TABLE association.sourcegroup
    DROP CONSTRAINT pk_sourcegroup,
    ADD CONSTRAINT pk_sourcegroup PRIMARY KEY (hpx29, sourceid, release);
CREATE INDEX ix_sourcegroup_objectid ON association.sourcegroup USING brin (objectid);
COMMENT ON COLUMN association.sourcegroup.objectid IS 'Object: hpx29 of the detection that discovered it, or the next free number if several share that. (meta.id;src)';

CREATE TABLE association.predictedposition (
    visit BIGINT NOT NULL,
    ssobjectid BIGINT NOT NULL,
    ra DOUBLE PRECISION NOT NULL,
    dec DOUBLE PRECISION NOT NULL,
    raerr REAL,
    decerr REAL,
    CONSTRAINT pk_predictedposition PRIMARY KEY (visit, ssobjectid)
);
COMMENT ON TABLE association.predictedposition IS 'One row per visit and moving object predicted in its field: where it should be; association.associate_dia_sources gives it the DiaSource found there.';
COMMENT ON COLUMN association.predictedposition.visit IS 'Visit the prediction is for: raw.Visit.visit. (meta.id;obs)';
COMMENT ON COLUMN association.predictedposition.ssobjectid IS 'Moving object: SSObject.ssObjectId. (meta.id;src.orbital)';
COMMENT ON COLUMN association.predictedposition.ra IS 'Predicted right ascension (ICRS, astrometric) at the middle of the exposure. [deg] (pos.eq.ra;pos.ephem)';
COMMENT ON COLUMN association.predictedposition.dec IS 'Predicted declination (ICRS, astrometric) at the middle of the exposure. [deg] (pos.eq.dec;pos.ephem)';
COMMENT ON COLUMN association.predictedposition.raerr IS '1-sigma error of ra, times cos(dec); NULL if unknown. [deg] (stat.error;pos.eq.ra)';
COMMENT ON COLUMN association.predictedposition.decerr IS '1-sigma error of dec; NULL if unknown. [deg] (stat.error;pos.eq.dec)';
