-- Infers the spectra of the rows of any table with fluxes in the standard passbands, as a new solution of kind sed.
-- requires: begin_seds extent find_solution find_table require_free_tables require_new_solution store_seds
CREATE OR REPLACE FUNCTION calibration.infer_seds(
    solution_name text, fluxes text, templates text DEFAULT NULL, passbands text DEFAULT NULL,
    id_column text DEFAULT 'objectId', flux_columns text DEFAULT '{band}_psfFlux',
    extendedness text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    source regclass;
    columns name[];
    missing text;
    values_of text;
    errors_of text;
BEGIN
    PERFORM calibration.require_new_solution(solution_name);
    PERFORM calibration.require_free_tables('{sed_flux}');
    source := calibration.find_table(fluxes);
    IF source IS NULL THEN
        RAISE EXCEPTION 'there is no table %', quote_nullable(fluxes)
            USING HINT = 'Name a table or view (fluxes), e.g. my_ann.stars, with a column of ids, and fluxes [nJy] with errors in each band; other signs than letters, digits and _ need double quotes.';
    END IF;
    IF id_column IS NULL OR (position('{band}' IN flux_columns) > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'the column of ids is %, and fluxes are in %', quote_nullable(id_column), quote_nullable(flux_columns)
            USING HINT = 'Name the column of ids, and how fluxes are called with {band} for the band, e.g. {band}_psfFlux.';
    END IF;
    IF flux_columns ~* 'mag$' THEN
        RAISE EXCEPTION 'fluxes are wanted, and % are magnitudes', quote_literal(flux_columns)
            USING HINT = 'Give a view with fluxes [nJy] 10 ^ (0.4 * (31.4 - mag)) of AB magnitudes, and their errors flux * magErr / 1.0857.';
    END IF;
    SELECT array_agg(a.attname) INTO columns
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND t.typcategory = 'N';
    SELECT string_agg(n.name, ', ') INTO missing
    FROM unnest(ARRAY[id_column, extendedness]) AS n (name) WHERE lower(n.name) <> ALL (columns);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the table % has no column %', fluxes, missing
            USING HINT = 'Say which column has the ids (id_column), and which says whether a source is extended (extendedness; NULL for none); both have numbers.';
    END IF;
    SELECT
        string_agg(CASE WHEN c.there THEN format('coalesce(t.%I::float8, ''NaN'')', c.name) ELSE '''NaN''' END, ', ' ORDER BY c.n),
        string_agg(CASE WHEN c.there THEN format('coalesce(t.%I::float8, ''NaN'')', c.name || 'err') ELSE '''NaN''' END, ', ' ORDER BY c.n),
        CASE WHEN NOT bool_or(c.there) THEN string_agg(c.name, ', ' ORDER BY c.n) END
    INTO values_of, errors_of, missing
    FROM (
        SELECT b.n, f.name, f.name = ANY (columns) AND f.name || 'err' = ANY (columns) AS there
        FROM string_to_table('ugrizy', NULL) WITH ORDINALITY AS b (band, n)
        CROSS JOIN LATERAL (SELECT lower(replace(flux_columns, '{band}', b.band)) AS name) AS f
    ) AS c;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the table % has none of the columns % with errors beside them', fluxes, missing
            USING HINT = 'Say how fluxes are called, e.g. flux_columns => ''{band}_flux''; errors end in Err, and all have numbers.';
    END IF;
    PERFORM calibration.begin_seds(solution_name, templates, passbands);
    EXECUTE format(
        $create$
        CREATE TEMPORARY TABLE sed_flux ON COMMIT DROP AS
        SELECT
            t.%1$I::bigint AS objectId, calibration.extent(%2$s) AS extent,
            ARRAY[%3$s]::float8[] AS flux, ARRAY[%4$s]::float8[] AS fluxErr,
            NULL::float8[] AS coefficient, NULL::bigint AS given
        FROM %5$s AS t
        $create$,
        lower(id_column), CASE WHEN extendedness IS NULL THEN 'NULL' ELSE format('t.%I', lower(extendedness)) END,
        values_of, errors_of, source
    );
    RETURN calibration.store_seds(calibration.find_solution('sed', solution_name));
END
$$;

COMMENT ON FUNCTION calibration.infer_seds(text, text, text, text, text, text, text) IS
    'Infers the spectra of the rows of a table or view from its fluxes in the standard passbands [any unit] and their errors: columns like {band}_psfFlux and {band}_psfFluxErr, in some or all of ugrizy, and ids. extendedness names a column that is 0 for points, 1 for extended sources. Makes a new solution of kind sed, and returns the number of rows. templates and passbands are names (NULL: the newest).';
