-- The batch that a position [deg] belongs to: how many of the cells at which batches start are not beyond its own.
-- requires: zone_cell
CREATE OR REPLACE FUNCTION sky.zone_batch(
    ra double precision, "dec" double precision, zones double precision, starts bigint[]
) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN width_bucket(sky.zone_cell(ra, dec, zones), starts);

COMMENT ON FUNCTION sky.zone_batch(double precision, double precision, double precision, bigint[]) IS
    'Batch of a position [deg]: cells of sky.zone_cell follow each other, and batches start at some, given ascending; 0 before the first of those.';
