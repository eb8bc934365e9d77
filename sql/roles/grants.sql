-- What each role may do; applied last, after every upgrade. Nobody but the owner may create here.
GRANT USAGE ON SCHEMA
    meta, sky, raw, association, overlap, calibration, variability, classification, release
    TO skytract_loader, skytract_manager, skytract_reader;

-- Everybody reads what the database knows of itself, and the raw rows that prove a published number.
GRANT SELECT ON ALL TABLES IN SCHEMA meta, raw, calibration, association, release
    TO skytract_loader, skytract_manager, skytract_reader;

-- Raw rows are added and never changed.
GRANT INSERT ON ALL TABLES IN SCHEMA raw TO skytract_loader;
GRANT INSERT, UPDATE ON meta.Load TO skytract_loader;

-- Solutions are added and never changed; working tables are the stages' own.
GRANT INSERT ON ALL TABLES IN SCHEMA calibration TO skytract_loader, skytract_manager;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA association TO skytract_manager;
GRANT INSERT, UPDATE ON meta.StageRun TO skytract_manager;
