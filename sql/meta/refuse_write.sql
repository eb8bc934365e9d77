-- Trigger that refuses every write to a table of a published release, whoever asks.
CREATE OR REPLACE FUNCTION meta.refuse_write() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    RAISE EXCEPTION 'release % is published: %.% takes no more writes',
        TG_TABLE_SCHEMA, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'read_only_sql_transaction',
              HINT = 'Make a new release with `skytract release create` and write to that.';
END
$$;

COMMENT ON FUNCTION meta.refuse_write() IS
    'Trigger function: refuses every write to a table of a published release.';
