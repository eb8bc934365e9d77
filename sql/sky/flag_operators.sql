-- The operators = and <> between booleans and the integers 0 and 1: `WHERE psfFlux_flag = 0`.
-- requires: boolean_equals_integer integer_equals_boolean boolean_differs_from_integer integer_differs_from_boolean
-- CREATE OPERATOR has no OR REPLACE.
DO $$
BEGIN
IF to_regoperator('sky.= (boolean, integer)') IS NOT NULL THEN
    RETURN;
END IF;

CREATE OPERATOR sky.= (
    FUNCTION = sky.boolean_equals_integer, LEFTARG = boolean, RIGHTARG = integer,
    COMMUTATOR = OPERATOR(sky.=), NEGATOR = OPERATOR(sky.<>), RESTRICT = eqsel, JOIN = eqjoinsel
);
CREATE OPERATOR sky.= (
    FUNCTION = sky.integer_equals_boolean, LEFTARG = integer, RIGHTARG = boolean,
    COMMUTATOR = OPERATOR(sky.=), NEGATOR = OPERATOR(sky.<>), RESTRICT = eqsel, JOIN = eqjoinsel
);
CREATE OPERATOR sky.<> (
    FUNCTION = sky.boolean_differs_from_integer, LEFTARG = boolean, RIGHTARG = integer,
    COMMUTATOR = OPERATOR(sky.<>), NEGATOR = OPERATOR(sky.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR sky.<> (
    FUNCTION = sky.integer_differs_from_boolean, LEFTARG = integer, RIGHTARG = boolean,
    COMMUTATOR = OPERATOR(sky.<>), NEGATOR = OPERATOR(sky.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
END
$$;

COMMENT ON OPERATOR sky.= (boolean, integer) IS 'true is 1, false is 0';
COMMENT ON OPERATOR sky.= (integer, boolean) IS 'true is 1, false is 0';
COMMENT ON OPERATOR sky.<> (boolean, integer) IS 'true is 1, false is 0';
COMMENT ON OPERATOR sky.<> (integer, boolean) IS 'true is 1, false is 0';
