-- Makes raw.Source deeper: copies of all its rows as further visits, each at positions next to the first.
-- The tables are emptied in the same transaction: nothing goes through the log. Indexes come last.
CREATE FUNCTION pg_temp.deepen(visits int) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    key text := (SELECT pg_get_constraintdef(c.oid) FROM pg_constraint AS c
                 WHERE c.conrelid = 'raw.Source'::regclass AND c.contype = 'p');
    others text[] := (SELECT array_agg(pg_get_indexdef(i.indexrelid)) FROM pg_index AS i
                      WHERE i.indrelid = 'raw.Source'::regclass AND NOT i.indisprimary);
    names text := (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute AS a
                   WHERE a.attrelid = 'raw.Source'::regclass AND a.attnum > 0);
    definition text;
BEGIN
    CREATE TEMP TABLE base ON COMMIT DROP AS TABLE raw.Source;
    ALTER TABLE raw.Source DROP CONSTRAINT pk_Source;
    FOREACH definition IN ARRAY others LOOP
        EXECUTE format('DROP INDEX raw.%I', (regexp_match(definition, 'INDEX (\S+) ON'))[1]);
    END LOOP;
    TRUNCATE raw.Source;
    FOR visit IN 1 .. visits LOOP
        EXECUTE format(
            'INSERT INTO raw.Source (%s) SELECT %s FROM base',
            names,
            replace(replace(replace(names,
                'hpx29,', 'hpx29 # (random() * 65535)::bigint,'),
                'sourceid,', format('sourceid + (%s::bigint << 32),', visit - 1)),
                ' visit,', format(' %s,', visit)));
    END LOOP;
    EXECUTE format('ALTER TABLE raw.Source ADD CONSTRAINT pk_Source %s', key);
    FOREACH definition IN ARRAY others LOOP
        EXECUTE replace(definition, 'ON ONLY', 'ON');
    END LOOP;
END
$$;
