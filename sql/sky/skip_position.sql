-- False for a row without a position (NULL or NaN); raises a sentence for one that is not on the sky.
CREATE OR REPLACE FUNCTION sky.skip_position(
    relation text, id bigint, ra double precision, "dec" double precision
) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF abs(dec) <= 90.0 OR ra IS NULL OR dec IS NULL OR ra = 'NaN' OR dec = 'NaN' THEN
        IF ra IN ('Infinity', '-Infinity') IS NOT TRUE THEN
            RETURN false;
        END IF;
    END IF;
    RAISE EXCEPTION 'row % of % has ra = %, dec = %', id, relation, ra, dec
        USING ERRCODE = 'numeric_value_out_of_range',
              HINT = 'ra must be finite and dec within [-90, 90], both in degrees: are they swapped, or in radians or hours? Correct the row, or match a view without it.';
END
$$;

COMMENT ON FUNCTION sky.skip_position(text, bigint, double precision, double precision) IS
    'False for a NULL or NaN position, which cross-matches leave out; an error for ra that is infinite or dec beyond 90 deg.';
