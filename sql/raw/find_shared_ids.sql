-- One row per row of a load whose key some earlier loads have as well, at whatever position.
CREATE OR REPLACE FUNCTION raw.find_shared_ids(
    table_name text,
    key_columns text[],
    load_id bigint,
    earlier_loads bigint[],
    id_min bigint,
    id_max bigint,
    OUT id bigint,
    OUT earlier_load bigint
) RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
-- A table may have 10^9 rows and more: it is entered by an index, whatever the planner expects.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    -- Where no index has the ids, the rows of the loads are found by the places that these hold.
    place CONSTANT text := CASE
        WHEN table_name IN ('coaddsource', 'objectmeasurement')
            THEN 'r.tract = s.major AND r.patch = s.minor'
        WHEN table_name = 'diasource' THEN 'r.visit = s.major AND r.detector = s.minor'
    END;
BEGIN
    -- The ids of a load differ: of rows with one key, one is of this load, the others of earlier ones.
    RETURN QUERY EXECUTE format(
        'SELECT r.%2$I, max(r.loadid) FILTER (WHERE r.loadid <> $1) FROM %4$s raw.%1$I AS r %5$s '
        'WHERE r.%2$I BETWEEN $3 AND $4 AND r.loadid = ANY ($2 || $1) '
        'GROUP BY %3$s HAVING count(*) > 1 AND bool_or(r.loadid = $1) ORDER BY 1 LIMIT 1',
        table_name,
        key_columns[1],
        (SELECT string_agg(format('r.%I', k.name), ', ') FROM unnest(key_columns) AS k (name)),
        CASE WHEN place IS NOT NULL THEN
            '(SELECT DISTINCT loadId, major, minor FROM meta.LoadScope WHERE loadId = ANY ($2 || $1)) AS s JOIN'
        END,
        'ON s.loadId = r.loadid AND ' || place
    ) USING load_id, earlier_loads, id_min, id_max;
END
$$;

COMMENT ON FUNCTION raw.find_shared_ids(text, text[], bigint, bigint[], bigint, bigint) IS
    'The first row of a load whose key some earlier loads have as well, at whatever position: its id and their load. Names are physical; the first key column is the id.';
