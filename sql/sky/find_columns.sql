-- Names of the columns id, ra, dec and, where there are, pmRa, pmDec, epoch of a table or view.
-- Given names stand first; what is left out is found.
CREATE OR REPLACE FUNCTION sky.find_columns(relation regclass, given text[]) RETURNS name[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    ids CONSTANT text[] :=
        '{id,sourceid,diasourceid,forcedsourceid,objectid,diaobjectid,ssobjectid,refstarid,source_id}';
    wanted text[] := '{NULL,NULL,NULL,pmRa,pmDec,epoch}';
    found name[];
    missing text;
BEGIN
    IF cardinality(given) > 6 THEN
        RAISE EXCEPTION '% names of columns are given for %', cardinality(given), relation
            USING HINT = 'Give up to six, in this order: id, ra, dec, pmRa, pmDec, epoch.';
    END IF;
    wanted := given || wanted[coalesce(cardinality(given), 0) + 1:];
    -- The id is the last column of an integer primary key, or else has one of the usual names.
    wanted[1] := coalesce(wanted[1], (
        SELECT a.attname
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.indnkeyatts - 1]
        WHERE i.indrelid = relation AND i.indisprimary AND a.atttypid = ANY ('{int2,int4,int8}'::regtype[])
    ), (
        SELECT a.attname FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = relation AND NOT a.attisdropped AND lower(a.attname) = ANY (ids)
        ORDER BY array_position(ids, lower(a.attname)), a.attname LIMIT 1
    ));
    IF wanted[2] IS NULL AND wanted[3] IS NULL THEN
        wanted[2:3] := (
            SELECT CASE
                WHEN bool_or(lower(a.attname) = 'ra') THEN '{ra,dec}'::text[]
                WHEN bool_or(lower(a.attname) = 'coord_ra') THEN '{coord_ra,coord_dec}'
                ELSE '{NULL,NULL}'
            END
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = relation AND NOT a.attisdropped
        );
    END IF;
    -- A name is taken as it is written, or else in any case: SQL folds what is not quoted.
    SELECT array_agg(a.attname ORDER BY w.place) INTO found
    FROM unnest(wanted) WITH ORDINALITY AS w (name, place)
    LEFT JOIN LATERAL (
        SELECT c.attname FROM pg_catalog.pg_attribute AS c
        WHERE c.attrelid = relation AND c.attnum > 0 AND NOT c.attisdropped
            AND lower(c.attname) = lower(w.name)
        ORDER BY c.attname <> w.name LIMIT 1
    ) AS a ON true;
    SELECT string_agg(coalesce(quote_literal(w.name), 'of the ' || w.role), ', ' ORDER BY w.place) INTO missing
    FROM unnest(wanted, '{id,right ascension,declination}'::text[]) WITH ORDINALITY AS w (name, role, place)
    WHERE found[w.place] IS NULL AND w.place <= greatest(3, coalesce(cardinality(given), 0));
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION '% has no column %', relation, missing
            USING HINT = 'Name its columns in this order: ARRAY[''id'', ''ra'', ''dec''], and after those pmRa, pmDec, epoch if it has them.';
    END IF;
    SELECT string_agg(format('%I (%s)', a.attname, format_type(a.atttypid, a.atttypmod)), ', ') INTO missing
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = relation AND a.attname = ANY (found) AND NOT a.attisdropped
        AND (t.typcategory <> 'N' OR a.attname = found[1] AND t.typname NOT IN ('int2', 'int4', 'int8'));
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'columns of % have a type that does not do: %', relation, missing
            USING HINT = 'The id must be an integer (a view can make one with row_number()), the others numbers in degrees, mas/yr, MJD.';
    END IF;
    RETURN found;
END
$$;

COMMENT ON FUNCTION sky.find_columns(regclass, text[]) IS
    'Names of the columns id, ra, dec, pmRa, pmDec, epoch (the last three NULL where there are none) of a table: the given ones, then the usual ones.';
