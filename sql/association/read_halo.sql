-- The packed detections around a stretch [lo, hi) of the sky that are needed to group those in it.
--
-- The halo grows cell by cell until no chain of friends that has a member in the stretch goes on
-- outside of what was read.
-- requires: border_detections pack_detections unread_cells
CREATE OR REPLACE FUNCTION association.read_halo(
    detections bytea, lo bigint, hi bigint, radius_arcsec float8
) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    border CONSTANT bytea := association.border_detections(detections, lo, hi, radius_arcsec);
    halo bytea := '';
    found bytea;
    cells bigint[];
    starts bigint[];
    ends bigint[];
    read_cells bigint[] := '{}';
BEGIN
    LOOP
        SELECT array_agg(u.cell), array_agg(u.cell_lo), array_agg(u.cell_hi) INTO cells, starts, ends
        FROM association.unread_cells(border, halo, lo, hi, read_cells, radius_arcsec) AS u;
        SELECT association.pack_detections(
            sky.array_bytes(array_agg(s.hpx29)), sky.array_bytes(array_agg(s.sourceId)),
            sky.array_bytes(array_agg(s.visit)), sky.array_bytes(array_agg(s.ra)), sky.array_bytes(array_agg(s.dec)),
            sky.array_bytes(array_agg(coalesce(s.detect_isPrimary, true)))
        ) INTO found
        FROM unnest(starts, ends) AS c (cell_lo, cell_hi)
        CROSS JOIN LATERAL (
            -- OFFSET 0: a scan of one range of the key after the other, in the partition it lies in.
            SELECT n.hpx29, n.sourceId, n.visit, n.ra, n.dec, n.detect_isPrimary
            FROM raw.Source AS n
            WHERE n.hpx29 >= c.cell_lo AND n.hpx29 < c.cell_hi AND NOT (n.hpx29 >= lo AND n.hpx29 < hi)
            OFFSET 0
        ) AS s;
        EXIT WHEN found IS NULL;
        read_cells := read_cells || cells;
        halo := halo || found;
        IF octet_length(halo) > 400000000 THEN
            RAISE EXCEPTION 'chains of friends within % arcsec go on from the keys [%, %) over 10 million detections',
                radius_arcsec, lo, hi
                USING HINT = 'Give a smaller radius: at this one most of the sky there hangs together.';
        END IF;
    END LOOP;
    RETURN halo;
END
$$;

COMMENT ON FUNCTION association.read_halo(bytea, bigint, bigint, float8) IS
    'The packed detections beyond a stretch [lo, hi) of the sky whose chains of friends, within a radius [arcsec], may reach the packed detections in it.';
