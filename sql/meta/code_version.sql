-- Version of the skytract code that this server's Python runs; compared with the client's at connect.
CREATE OR REPLACE FUNCTION meta.code_version() RETURNS text
LANGUAGE plpython3u STABLE PARALLEL SAFE COST 1000
AS $$
from skytract.udf.code_version import code_version
return code_version()
$$;

COMMENT ON FUNCTION meta.code_version() IS
    'Version of the skytract code that this server''s Python runs.';
