-- Trigger that refuses a row of a load that the transaction has not opened.
CREATE OR REPLACE FUNCTION meta.refuse_stray_row() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    RAISE EXCEPTION 'load % is not open: no row of it can be brought into %.%',
        NEW.loadId, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Load a file with `skytract load`, which enters it in the ledger meta.Load.';
END
$$;

COMMENT ON FUNCTION meta.refuse_stray_row() IS
    'Trigger function: refuses a row of a load that the transaction has not opened (meta.open_load).';
