-- Whether a flag is different from the number 1 (true) or 0 (false), as Rubin's queries write it.
-- Inlined; with a constant number the planner is left with `flag` or `NOT flag`.
CREATE OR REPLACE FUNCTION sky.boolean_differs_from_integer(flag boolean, number integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE number WHEN 1 THEN NOT flag WHEN 0 THEN flag ELSE flag::integer <> number END;

COMMENT ON FUNCTION sky.boolean_differs_from_integer(boolean, integer) IS
    'flag <> number, where true is 1 and false is 0.';
