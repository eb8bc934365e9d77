-- The sky key of a position [deg]: its NESTED HEALPix index of order 29, in [0, 12 * 4^29).
-- The formulas are those of udf/sky/hpx29.py; plpgsql is the fastest host of them: 1.5 us a call
-- against 27 us for nested sub-selects and 50 us for PL/Python.
CREATE OR REPLACE FUNCTION sky.hpx29(ra double precision, "dec" double precision) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    side CONSTANT bigint := 536870912;
    quarter double precision := ra / 90.0 - 4.0 * floor(ra / 90.0 / 4.0);
    z double precision := sin(radians(dec));
    from_pole double precision;
    base bigint;
    first bigint;
    second bigint;
    face bigint;
    bits bigint;
BEGIN
    IF NOT (abs(dec) <= 90.0 AND abs(ra) < 'Infinity') THEN
        RAISE EXCEPTION 'ra = %, dec = % is no position', ra, dec
            USING ERRCODE = 'numeric_value_out_of_range',
                  HINT = 'ra must be finite and dec within [-90, 90], both in degrees.';
    END IF;
    IF quarter >= 4.0 THEN
        quarter := 0.0;
    END IF;
    IF abs(z) <= 2.0 / 3.0 THEN
        first := floor(side * (0.5 + quarter) - side * (0.75 * z));
        second := floor(side * (0.5 + quarter) + side * (0.75 * z));
        face := CASE
            WHEN first >> 29 = second >> 29 THEN ((first >> 29) & 3) + 4
            WHEN first >> 29 < second >> 29 THEN (first >> 29) & 3
            ELSE ((second >> 29) & 3) + 8
        END;
        bits := (second & (side - 1)) | ((side - 1 - (first & (side - 1))) << 32);
    ELSE
        base := floor(quarter);
        from_pole := side * sqrt(6.0) * sin(radians(90.0 - abs(dec)) / 2.0);
        first := least(floor((quarter - base) * from_pole), side - 1);
        second := least(floor((1.0 - (quarter - base)) * from_pole), side - 1);
        IF dec > 0.0 THEN
            face := base;
            bits := (side - 1 - second) | ((side - 1 - first) << 32);
        ELSE
            face := base + 8;
            bits := first | (second << 32);
        END IF;
    END IF;
    -- x lies in the low, y in the high 32 bits: shuffle them like two halves of a pack of cards.
    -- (All bit operators bind alike in SQL: every pair needs its parentheses.)
    bits := (bits & x'ffff00000000ffff'::bigint)
        | ((bits & x'0000ffff00000000'::bigint) >> 16) | ((bits & x'00000000ffff0000'::bigint) << 16);
    bits := (bits & x'ff0000ffff0000ff'::bigint)
        | ((bits & x'00ff000000ff0000'::bigint) >> 8) | ((bits & x'0000ff000000ff00'::bigint) << 8);
    bits := (bits & x'f00ff00ff00ff00f'::bigint)
        | ((bits & x'0f000f000f000f00'::bigint) >> 4) | ((bits & x'00f000f000f000f0'::bigint) << 4);
    bits := (bits & x'c3c3c3c3c3c3c3c3'::bigint)
        | ((bits & x'3030303030303030'::bigint) >> 2) | ((bits & x'0c0c0c0c0c0c0c0c'::bigint) << 2);
    bits := (bits & x'9999999999999999'::bigint)
        | ((bits & x'4444444444444444'::bigint) >> 1) | ((bits & x'2222222222222222'::bigint) << 1);
    RETURN (face << 58) | bits;
END
$$;

COMMENT ON FUNCTION sky.hpx29(double precision, double precision) IS
    'Sky key: NESTED HEALPix index of order 29 of a position (ra, dec) [deg]. A cell of order k is hpx29 >> (2 * (29 - k)).';
