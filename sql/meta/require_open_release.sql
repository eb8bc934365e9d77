-- Raises a full sentence unless a release of this name exists and stages may write to it.
CREATE OR REPLACE FUNCTION meta.require_open_release(release_name text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    found_state text;
BEGIN
    SELECT r.state INTO found_state FROM meta.Release AS r
    WHERE r.release = require_open_release.release_name;
    IF found_state IS NULL THEN
        RAISE EXCEPTION 'there is no release %', release_name
            USING HINT = 'Make it with `skytract release create`, or list releases with `skytract release list`.';
    ELSIF found_state <> 'open' THEN
        RAISE EXCEPTION 'release % is %: stages cannot write to it', release_name, found_state
            USING HINT = 'Make a new release with `skytract release create` and run the stages for that.';
    END IF;
END
$$;

COMMENT ON FUNCTION meta.require_open_release(text) IS
    'Raises a full sentence unless a release of this name exists and stages may write to it.';
