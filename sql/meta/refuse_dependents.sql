-- Raises an error if other loads need visits or detectors that some loads brought.
-- requires: find_dependents
CREATE OR REPLACE FUNCTION meta.refuse_dependents(load_id bigint, members bigint[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
AS $$
DECLARE
    dependents bigint[];
    first_path text;
BEGIN
    SELECT array_agg(d.load_id ORDER BY d.load_id), (array_agg(d.path ORDER BY d.load_id))[1]
    INTO dependents, first_path
    FROM meta.find_dependents(members) AS d;
    IF dependents IS NOT NULL THEN
        RAISE EXCEPTION 'load % has visits or detectors that rows of % need (% from %)', load_id,
            CASE cardinality(dependents) WHEN 1 THEN 'another load'
                ELSE cardinality(dependents) || ' other loads' END,
            array_to_string(dependents[:10], ', '), first_path
            USING ERRCODE = 'dependent_objects_still_exist',
                  HINT = 'Undo those loads first, or give a changed file in place of this one with --replace.';
    END IF;
END
$$;

COMMENT ON FUNCTION meta.refuse_dependents(bigint, bigint[]) IS
    'Part of meta.remove_load: an error that names the loads whose rows need visits or detectors of the members.';
