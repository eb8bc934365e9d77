-- Whether a flag is equal to the number 1 (true) or 0 (false), as Rubin's queries write it.
-- Inlined; with a constant number the planner is left with `flag` or `NOT flag`.
CREATE OR REPLACE FUNCTION sky.boolean_equals_integer(flag boolean, number integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE number WHEN 1 THEN flag WHEN 0 THEN NOT flag ELSE flag::integer = number END;

COMMENT ON FUNCTION sky.boolean_equals_integer(boolean, integer) IS
    'flag = number, where true is 1 and false is 0.';
