-- One row per table that is loaded into: its rows carry the loadId of the load that brought them.
CREATE OR REPLACE VIEW meta.loaded_tables AS
SELECT c.oid::regclass AS relation, c.relname AS name
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'loadid'
WHERE n.nspname IN ('raw', 'calibration')
    AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition;

COMMENT ON VIEW meta.loaded_tables IS
    'Tables that are loaded into, partitioned ones as a whole: their rows carry the loadId of the load that brought them.';
