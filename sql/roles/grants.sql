-- What each role may do; applied last, after every upgrade. Nobody but the owner may create here.
-- Rights are given on tables, not on their partitions: those are reached through the table alone.
GRANT USAGE ON SCHEMA
    meta, sky, raw, association, overlap, calibration, variability, classification, release
    TO skytract_loader, skytract_manager, skytract_reader;

DO $$
DECLARE
    relation record;
BEGIN
    FOR relation IN
        SELECT c.oid::regclass AS name, n.nspname AS schema
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v')
            AND NOT c.relispartition
            AND n.nspname IN ('meta', 'raw', 'calibration', 'association', 'release')
    LOOP
        -- Everybody reads what the database knows of itself, and the raw rows behind every number.
        EXECUTE format(
            'GRANT SELECT ON %s TO skytract_loader, skytract_manager, skytract_reader', relation.name);
        -- Raw rows and calibration solutions are added and never changed.
        IF relation.schema = 'raw' THEN
            EXECUTE format('GRANT INSERT ON %s TO skytract_loader', relation.name);
        ELSIF relation.schema = 'calibration'
            AND relation.name NOT IN (
                'calibration.Passband'::regclass, 'calibration.Sed'::regclass,
                -- Written by triggers alone.
                'calibration.VisitPhotoCalib'::regclass)
        THEN
            EXECUTE format('GRANT INSERT ON %s TO skytract_manager', relation.name);
        -- Working tables are the stages' own.
        ELSIF relation.schema = 'association' THEN
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO skytract_manager', relation.name);
        END IF;
    END LOOP;
END
$$;

-- The ledger, and what loads hold, are written by functions alone (meta.begin_load and its kin): what
-- is loaded stays as it was entered until meta.remove_load takes it out with its rows.
REVOKE INSERT, UPDATE ON meta.Load FROM skytract_loader;
-- Curves are loaded from files, as raw rows are.
GRANT INSERT ON calibration.Passband, calibration.Sed TO skytract_loader;
GRANT INSERT ON meta.StageRun TO skytract_manager;
GRANT INSERT, DELETE ON meta.PartitionSplit TO skytract_loader;
