-- Rows that carry a loadId are brought by open loads alone, and open loads are finished by the end of
-- the transaction. Triggers are made once: where they are, no lock is taken. Partitions get theirs from
-- their table, now and whenever one is attached.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT l.relation FROM meta.loaded_tables AS l
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger AS t
            WHERE t.tgrelid = l.relation AND t.tgname = 'refuse_stray_row')
        ORDER BY l.relation
    LOOP
        EXECUTE format(
            'CREATE TRIGGER refuse_stray_row AFTER INSERT ON %s FOR EACH ROW'
            ' WHEN (NEW.loadId <> ALL (meta.open_loads()))'
            ' EXECUTE FUNCTION meta.refuse_stray_row()', relation);
    END LOOP;
    IF NOT EXISTS (
        SELECT FROM pg_trigger AS t
        WHERE t.tgrelid = 'meta.Load'::regclass AND t.tgname = 'refuse_unfinished_load'
    ) THEN
        CREATE CONSTRAINT TRIGGER refuse_unfinished_load AFTER UPDATE ON meta.Load
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
            WHEN (NEW.state = 'loading' AND NEW.rowCount IS NOT NULL)
            EXECUTE FUNCTION meta.refuse_unfinished_load();
    END IF;
END
$$;
