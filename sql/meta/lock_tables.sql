-- Locks tables in a mode, giving up and coming back while somebody uses them: no queue forms behind.
CREATE OR REPLACE FUNCTION meta.lock_tables(
    relations regclass[],
    lock_mode text,
    attempt interval,
    patience interval
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    give_up timestamptz := clock_timestamp() + patience;
    relation_list text;
    each_ms integer;
BEGIN
    SELECT string_agg(format('ONLY %s', r), ', ' ORDER BY r::text)
    INTO relation_list FROM unnest(relations) AS r;
    each_ms := greatest(10, 1000 * extract(epoch FROM attempt) / cardinality(relations));
    LOOP
        BEGIN
            -- An attempt is shorter than the others' deadlock_timeout (1 s), so that it is always
            -- this one that yields; ours is shorter still, for that is what cancels an autovacuum.
            PERFORM set_config('deadlock_timeout', '5ms', true);
            PERFORM set_config('lock_timeout', each_ms::text, true);
            EXECUTE format('LOCK TABLE %s IN %s MODE', relation_list, lock_mode);
            PERFORM set_config('lock_timeout', '0', true);
            RETURN;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF clock_timestamp() > give_up THEN
                RAISE EXCEPTION '% stayed in use for %', replace(relation_list, 'ONLY ', ''), patience
                    USING ERRCODE = 'lock_not_available',
                          HINT = 'Nothing was changed. Try again when long queries and loads have ended: SELECT * FROM pg_stat_activity.';
            END IF;
        END;
        PERFORM pg_sleep(0.1 + 0.2 * random());
    END LOOP;
END
$$;

COMMENT ON FUNCTION meta.lock_tables(regclass[], text, interval, interval) IS
    'Locks tables (without their partitions) in a mode for this transaction, in attempts of a given length (< 1 s); an error when patience ends.';
