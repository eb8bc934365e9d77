-- VisitPhotoCalib follows PhotoCalib, whatever statement changes that. Triggers are made once: where they
-- are, no lock is taken.
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT t.name, t.event, t.changed
        FROM (VALUES
            ('pack_inserted', 'INSERT', 'REFERENCING NEW TABLE AS changed'),
            ('pack_deleted', 'DELETE', 'REFERENCING OLD TABLE AS changed'),
            -- What was updated may have been given to another visit.
            ('pack_before_update', 'UPDATE', 'REFERENCING OLD TABLE AS changed'),
            ('pack_after_update', 'UPDATE', 'REFERENCING NEW TABLE AS changed'),
            ('pack_truncated', 'TRUNCATE', '')
        ) AS t (name, event, changed)
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger AS g
            WHERE g.tgrelid = 'calibration.PhotoCalib'::regclass AND g.tgname = t.name)
    LOOP
        EXECUTE format(
            'CREATE TRIGGER %s AFTER %s ON calibration.PhotoCalib %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION calibration.pack_zero_points()',
            one.name, one.event, one.changed);
    END LOOP;
END
$$;
