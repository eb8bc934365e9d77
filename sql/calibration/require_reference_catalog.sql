-- Raises a full sentence if no star of a reference catalog is loaded.
CREATE OR REPLACE FUNCTION calibration.require_reference_catalog(reference_catalog text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM raw.ReferenceStar AS r WHERE r.catalog = reference_catalog) THEN
        RAISE EXCEPTION 'no stars of a reference catalog % are loaded', coalesce(quote_literal(reference_catalog), 'NULL')
            USING HINT = 'Load it with `skytract load`; SELECT DISTINCT catalog FROM raw.ReferenceStar lists those there are.';
    END IF;
END
$$;

COMMENT ON FUNCTION calibration.require_reference_catalog(text) IS
    'Raises a full sentence if no star of this reference catalog is loaded.';
