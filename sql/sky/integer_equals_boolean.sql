-- Whether the number 1 (true) or 0 (false) is equal to a flag.
-- requires: boolean_equals_integer
CREATE OR REPLACE FUNCTION sky.integer_equals_boolean(number integer, flag boolean) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sky.boolean_equals_integer(flag, number);

COMMENT ON FUNCTION sky.integer_equals_boolean(integer, boolean) IS
    'number = flag, where true is 1 and false is 0.';
