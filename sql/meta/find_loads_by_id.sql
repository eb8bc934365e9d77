-- One row per load of a kind whose ids may lie in a range; disjoint ranges share no id.
CREATE OR REPLACE FUNCTION meta.find_loads_by_id(load_kind text, id_min bigint, id_max bigint)
RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT l.loadId
    FROM meta.Load AS l
    WHERE l.kind = load_kind AND l.state = 'loaded' AND l.idMax >= id_min AND l.idMin <= id_max;
END;

COMMENT ON FUNCTION meta.find_loads_by_id(text, bigint, bigint) IS
    'Loads of a kind whose ids may lie in a range, bounds included: their loadIds.';
