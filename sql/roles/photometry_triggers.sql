-- VisitPhotoCalib follows PhotoCalib, whatever statement changes that. Triggers are made once: where they
-- are, no lock is taken.
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT t.name, t.event, t.rows
        FROM (VALUES
            ('pack_inserted', 'INSERT', 'NEW'), ('pack_deleted', 'DELETE', 'OLD'),
            -- What was updated may have been given to another visit.
            ('pack_before_update', 'UPDATE', 'OLD'), ('pack_after_update', 'UPDATE', 'NEW')
        ) AS t (name, event, rows)
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger AS g
            WHERE g.tgrelid = 'calibration.PhotoCalib'::regclass AND g.tgname = t.name)
    LOOP
        EXECUTE format(
            'CREATE TRIGGER %s AFTER %s ON calibration.PhotoCalib REFERENCING %s TABLE AS changed'
            ' FOR EACH STATEMENT EXECUTE FUNCTION calibration.pack_zero_points()',
            one.name, one.event, one.rows);
    END LOOP;
END
$$;
