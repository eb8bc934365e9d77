-- Notes where the functions and views of the domains lie in the catalogs before they are re-applied.
-- Replacing one moves its row; drop_stale_functions.sql drops those whose rows have not moved.
CREATE TEMPORARY TABLE noted_function ON COMMIT DROP AS
SELECT p.oid, p.ctid AS place
FROM pg_proc AS p
WHERE p.pronamespace::regnamespace::text = ANY (
    '{meta,sky,raw,association,overlap,calibration,variability,classification}');

CREATE TEMPORARY TABLE noted_view ON COMMIT DROP AS
SELECT c.oid, r.ctid AS place
FROM pg_class AS c
JOIN pg_rewrite AS r ON r.ev_class = c.oid
WHERE c.relkind = 'v' AND c.relnamespace::regnamespace::text = ANY (
    '{meta,sky,raw,association,overlap,calibration,variability,classification}');
