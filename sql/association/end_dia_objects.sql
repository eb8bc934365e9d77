-- Drops the temporary tables of association.begin_dia_objects.
CREATE OR REPLACE FUNCTION association.end_dia_objects() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    DROP TABLE
        pg_temp.dia_raw, pg_temp.dia_position, pg_temp.dia_cell, pg_temp.dia_moving, pg_temp.dia_match,
        pg_temp.dia_source, pg_temp.dia_touched, pg_temp.dia_member;
END
$$;

COMMENT ON FUNCTION association.end_dia_objects() IS
    'A step of DiaObject generation: drops the temporary tables of association.begin_dia_objects.';
