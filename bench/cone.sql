-- The same rows twice: partitioned by sky as every sky table is, and in one table clustered and
-- indexed for q3c, which is the form its manual recommends.
DROP SCHEMA IF EXISTS bench_cone CASCADE;
CREATE SCHEMA bench_cone;

CREATE TABLE bench_cone.source (
    hpx29 bigint NOT NULL,
    sourceId bigint NOT NULL,
    ra double precision NOT NULL,
    dec double precision NOT NULL,
    psfInstFlux double precision NOT NULL,
    psfInstFluxErr double precision NOT NULL,
    PRIMARY KEY (hpx29, sourceId)
) PARTITION BY RANGE (hpx29);
