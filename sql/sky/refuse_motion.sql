-- Raises a sentence for a row whose proper motion or epoch is infinite.
CREATE OR REPLACE FUNCTION sky.refuse_motion(
    relation text, id bigint, pm_ra double precision, pm_dec double precision, epoch double precision
) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RAISE EXCEPTION 'row % of % has pmRa = %, pmDec = %, epoch = %', id, relation, pm_ra, pm_dec, epoch
        USING ERRCODE = 'numeric_value_out_of_range',
              HINT = 'Proper motions [mas/yr] and epochs [MJD] must be finite, NULL or NaN where they are unknown. Correct the row, or match a view without it.';
END
$$;

COMMENT ON FUNCTION sky.refuse_motion(text, bigint, double precision, double precision, double precision) IS
    'Raises an error that names a row whose proper motion or epoch is infinite; a part of sky.position_rows.';
