-- The MOC of the cells of an order in which a table has rows, by its sky key.
-- A look-up per cell with rows, not per row: the index on the key gives the next one beyond each.
CREATE OR REPLACE FUNCTION sky.coverage_of_rows(
    relation regclass, key_column text DEFAULT 'hpx29', max_order integer DEFAULT 10
) RETURNS int8multirange
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    coverage int8multirange;
BEGIN
    IF (max_order BETWEEN 0 AND 29) IS NOT TRUE THEN
        RAISE EXCEPTION 'max_order = % is no order of HEALPix cells: give 0 to 29', max_order;
    END IF;
    EXECUTE format(
        'WITH RECURSIVE found (cell) AS ('
        '  SELECT min(%1$I) >> $1 FROM %2$s'
        '  UNION ALL'
        '  SELECT (SELECT r.%1$I >> $1 FROM %2$s AS r WHERE r.%1$I >= (f.cell + 1) << $1 ORDER BY r.%1$I LIMIT 1)'
        '  FROM found AS f WHERE f.cell IS NOT NULL'
        ') SELECT range_agg(int8range(cell << $1, (cell + 1) << $1)) FROM found WHERE cell IS NOT NULL',
        (parse_ident(key_column))[1], relation)
    INTO coverage USING 2 * (29 - max_order);
    RETURN coalesce(coverage, '{}'::int8multirange);
END
$$;

COMMENT ON FUNCTION sky.coverage_of_rows(regclass, text, integer) IS
    'MOC of the cells of order max_order (10: 3.4 arcmin) that hold rows of a table or release (dr1.Object by objectId, dr1.Source by hpx29).';
