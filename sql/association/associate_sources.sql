-- Groups the detections with hpx29 in [lo, hi) into objects (LDM-151 8.24.4), and returns the number of objects discovered there.
--
-- Detections are friends if they lie within the radius; friends of friends are one object if no visit
-- saw two of them, otherwise association.group_sources tells them apart. What lies beyond the bounds
-- is read as far as chains of friends go: neither the bounds nor the batches nor the order of the rows
-- change the result. A batch is one call of Python, which cannot be cancelled (a second), and some 200 bytes per row.
-- requires: associate_detections detection_batches pack_detections read_halo
CREATE OR REPLACE FUNCTION association.associate_sources(
    release_name text, lo bigint DEFAULT 0, hi bigint DEFAULT 3458764513820540928,
    radius_arcsec float8 DEFAULT 0.5, batch_size integer DEFAULT 500000
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    made bigint := 0;
    batch record;
    found record;
    detections bytea;
BEGIN
    PERFORM meta.require_open_release(release_name);
    -- Ids are made unique within cells of order 20, 4^9 keys each: bounds must not cut one.
    IF (radius_arcsec BETWEEN 0.001 AND 60 AND batch_size > 0
        AND lo >= 0 AND lo < hi AND lo % 262144 = 0 AND hi % 262144 = 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'the radius is % arcsec, for the keys [%, %), in batches of %', radius_arcsec, lo, hi, batch_size
            USING HINT = 'Give a radius of 0.001 to 60 arcsec, 0.5 to 1 is usual; bounds of a partition, or none.';
    END IF;
    DELETE FROM association.SourceGroup AS g
    WHERE g.release = release_name AND g.hpx29 >= lo AND g.hpx29 < hi;

    FOR batch IN SELECT b.batch_lo, b.batch_hi FROM association.detection_batches(lo, hi, batch_size) AS b LOOP
        SELECT association.pack_detections(
            sky.array_bytes(array_agg(s.hpx29)), sky.array_bytes(array_agg(s.sourceId)),
            sky.array_bytes(array_agg(s.visit)), sky.array_bytes(array_agg(s.ra)), sky.array_bytes(array_agg(s.dec)),
            sky.array_bytes(array_agg(coalesce(s.detect_isPrimary, true)))
        ) INTO detections
        FROM raw.Source AS s
        WHERE s.hpx29 >= batch.batch_lo AND s.hpx29 < batch.batch_hi;

        SELECT a.* INTO found FROM association.associate_detections(
            detections || association.read_halo(detections, batch.batch_lo, batch.batch_hi, radius_arcsec),
            batch.batch_lo, batch.batch_hi, radius_arcsec
        ) AS a;

        INSERT INTO association.SourceGroup (release, hpx29, sourceId, objectId)
        SELECT release_name, unnest(found.hpx29), unnest(found.source_id), unnest(found.object_id);
        made := made + found.discovered;
    END LOOP;
    RETURN made;
END
$$;

COMMENT ON FUNCTION association.associate_sources(text, bigint, bigint, float8, integer) IS
    'Groups the detections with hpx29 in [lo, hi), or all, into the objects of an open release, within a radius [arcsec], and returns the number of objects discovered there; running it again gives the same.';
