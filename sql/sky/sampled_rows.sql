-- The text of a query of a sample of position rows: those whose ids hash below a share of all.
CREATE OR REPLACE FUNCTION sky.sampled_rows(position_rows text, share double precision) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN share >= 1.0 THEN position_rows ELSE format(
    'SELECT s.* FROM (%s) AS s WHERE hashint8(s.id) & 65535 < %s', position_rows, share * 65536
) END;

COMMENT ON FUNCTION sky.sampled_rows(text, double precision) IS
    'Text of a query of a share (0 to 1) of the rows of a query of id, ra, dec: always the same ones.';
