-- One row per declared column of some relations: its DPDD spelling, unit, UCD and text.
-- The tables of a release are declared once, as those of the schema release.
CREATE OR REPLACE FUNCTION meta.describe_columns(relations oid[])
RETURNS TABLE (
    relation oid, number integer, schema_name text, table_name text,
    column_name text, unit text, ucd text, description text
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
BEGIN ATOMIC
    SELECT
        a.attrelid, a.attnum::integer, r.schemaName, r.tableName,
        r.columnName, r.unit, r.ucd, r.description
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN meta.Release AS m ON m.release = n.nspname
    JOIN meta.ColumnRegistry AS r
        ON r.schemaName = CASE WHEN m.release IS NULL THEN n.nspname::text ELSE 'release' END
        AND r.physicalTable = c.relname
        AND r.physicalColumn = a.attname
    WHERE a.attrelid = ANY (relations)
    ORDER BY a.attrelid, a.attnum;
END;

COMMENT ON FUNCTION meta.describe_columns(oid[]) IS
    'Columns of relations as the model declares them, by relation and attribute number; schema_name is release for those of any release. What is not declared is left out.';
