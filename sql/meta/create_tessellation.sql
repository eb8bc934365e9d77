-- Enters cells that cover the sky as the bounds of a schema's partitions, and makes the partitions.
-- requires: create_partitions
CREATE OR REPLACE FUNCTION meta.create_tessellation(
    tessellation_name text,
    orders integer[],
    pixels bigint[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    covered numeric;
    crossing bigint;
BEGIN
    INSERT INTO meta.Partition (tessellation, ord, pixel, lo, hi)
    SELECT tessellation_name, c.ord, c.pixel,
        c.pixel << (2 * (29 - c.ord)), (c.pixel + 1) << (2 * (29 - c.ord))
    FROM unnest(orders, pixels) AS c (ord, pixel);
    SELECT sum(s.hi - s.lo), count(*) FILTER (WHERE s.lo < s.previous_hi)
    INTO covered, crossing
    FROM (
        SELECT p.lo, p.hi, lag(p.hi) OVER (ORDER BY p.lo) AS previous_hi
        FROM meta.Partition AS p
        WHERE p.tessellation = tessellation_name
    ) AS s;
    IF covered <> 12 * 4::numeric ^ 29 OR crossing > 0 THEN
        RAISE EXCEPTION 'the cells given for % do not cover the sky exactly once', tessellation_name
            USING HINT = 'Take the cells from `skytract partition plan`.';
    END IF;
    RETURN meta.create_partitions(tessellation_name);
END
$$;

COMMENT ON FUNCTION meta.create_tessellation(text, integer[], bigint[]) IS
    'Enters cells (order and NESTED pixel) that cover the sky as the bounds of a schema''s partitions, and makes the partitions; how many.';
