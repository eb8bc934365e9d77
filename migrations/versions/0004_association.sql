-- Working tables of association, partition by partition.
-- Frozen: this file is never edited once it is merged.
DROP INDEX association.ix_sourcegroup_release_objectid;
ALTER TABLE association.sourcegroup
    DROP CONSTRAINT pk_sourcegroup,
    ADD CONSTRAINT pk_sourcegroup PRIMARY KEY (hpx29, sourceid, release);
CREATE INDEX ix_sourcegroup_objectid ON association.sourcegroup USING brin (objectid);
COMMENT ON COLUMN association.sourcegroup.objectid IS 'Object: hpx29 of the detection that discovered it, or the next free number if several share that. (meta.id;src)';
