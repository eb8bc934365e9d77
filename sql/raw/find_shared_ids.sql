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
AS $$
BEGIN
    -- The ids are bounded on both sides: every partition is read by its index of ids alone.
    RETURN QUERY EXECUTE format(
        'SELECT mine.%2$I, earlier.loadid FROM raw.%1$I AS mine JOIN raw.%1$I AS earlier USING (%3$s) '
        'WHERE mine.%2$I BETWEEN $3 AND $4 AND earlier.%2$I BETWEEN $3 AND $4 '
        'AND mine.loadid = $1 AND earlier.loadid = ANY ($2) ORDER BY 1 LIMIT 1',
        table_name,
        key_columns[1],
        (SELECT string_agg(quote_ident(k.name), ', ') FROM unnest(key_columns) AS k (name))
    ) USING load_id, earlier_loads, id_min, id_max;
END
$$;

COMMENT ON FUNCTION raw.find_shared_ids(text, text[], bigint, bigint[], bigint, bigint) IS
    'The first row of a load whose key some earlier loads have as well, at whatever position: its id and their load. Names are physical; the first key column is the id.';
