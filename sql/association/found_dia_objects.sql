-- Gives the rows of pg_temp.dia_position without a match DiaObjects of their own, in dia_match and dia_touched.
--
-- Each takes its hpx29 or the next number that no object in pg_temp.dia_near, and no founder with a lower
-- diaSourceId, has. Those that want one number move up together, so few rounds are needed.
CREATE OR REPLACE FUNCTION association.found_dia_objects() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    CREATE TEMPORARY TABLE dia_founder ON COMMIT DROP AS
    SELECT p.diaSourceId, p.hpx29 AS diaObjectId
    FROM pg_temp.dia_position AS p
    WHERE NOT EXISTS (SELECT FROM pg_temp.dia_match AS m WHERE m.diaSourceId = p.diaSourceId);
    ANALYZE pg_temp.dia_founder;
    LOOP
        UPDATE pg_temp.dia_founder AS f SET diaObjectId = f.diaObjectId + d.shift
        FROM (
            SELECT
                c.diaSourceId,
                row_number() OVER (PARTITION BY c.diaObjectId ORDER BY c.diaSourceId)
                    - CASE WHEN c.diaObjectId IN (SELECT n.diaObjectId FROM pg_temp.dia_near AS n) THEN 0 ELSE 1 END
                    AS shift
            FROM pg_temp.dia_founder AS c
        ) AS d
        WHERE d.diaSourceId = f.diaSourceId AND d.shift > 0;
        EXIT WHEN NOT FOUND;
    END LOOP;
    INSERT INTO pg_temp.dia_match (diaSourceId, diaObjectId)
    SELECT f.diaSourceId, f.diaObjectId FROM pg_temp.dia_founder AS f;
    INSERT INTO pg_temp.dia_touched (diaObjectId, ra, dec, nDiaSources)
    SELECT f.diaObjectId, p.ra, p.dec, 0
    FROM pg_temp.dia_founder AS f
    JOIN pg_temp.dia_position AS p USING (diaSourceId);
    DROP TABLE pg_temp.dia_founder;
    ANALYZE pg_temp.dia_match;
END
$$;

COMMENT ON FUNCTION association.found_dia_objects() IS
    'A step of DiaObject generation: rows of pg_temp.dia_position without a match found DiaObjects: hpx29, or the next number not in pg_temp.dia_near.';
