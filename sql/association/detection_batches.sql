-- One row per stretch of [lo, hi), with at most batch_size detections where cells of 26 arcsec allow that.
CREATE OR REPLACE FUNCTION association.detection_batches(lo bigint, hi bigint, batch_size integer)
RETURNS TABLE (batch_lo bigint, batch_hi bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    finest CONSTANT bigint := 1::bigint << 32;
    step bigint := finest;
    found bigint;
BEGIN
    SELECT count(*) INTO found
    FROM (SELECT FROM raw.Source AS s WHERE s.hpx29 >= lo AND s.hpx29 < hi LIMIT batch_size::bigint + 1) AS few;
    IF found <= batch_size OR hi - lo <= finest THEN
        RETURN QUERY SELECT lo, hi WHERE found > 0;
        RETURN;
    END IF;
    WHILE step * 4 < hi - lo LOOP
        step := step * 4;
    END LOOP;
    FOR piece IN lo / step .. (hi - 1) / step LOOP
        RETURN QUERY SELECT b.batch_lo, b.batch_hi
        FROM association.detection_batches(
            greatest(lo, piece * step), least(hi, (piece + 1) * step), batch_size
        ) AS b;
    END LOOP;
END
$$;

COMMENT ON FUNCTION association.detection_batches(bigint, bigint, integer) IS
    'One row per stretch of [lo, hi) of the sky that holds detections: whole HEALPix cells, as large as batch_size detections allow.';
