-- Whether the number 1 (true) or 0 (false) is different from a flag.
-- requires: boolean_differs_from_integer
CREATE OR REPLACE FUNCTION sky.integer_differs_from_boolean(number integer, flag boolean) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.boolean_differs_from_integer(flag, number);

COMMENT ON FUNCTION sky.integer_differs_from_boolean(integer, boolean) IS
    'number <> flag, where true is 1 and false is 0.';
