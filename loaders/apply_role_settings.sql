-- Apply to this session the settings that ALTER ROLE gave to a role: SET ROLE alone does not.
SELECT set_config(own.name, own.value, false)
FROM (
    SELECT
        split_part(entry, '=', 1) AS name,
        substr(entry, strpos(entry, '=') + 1) AS value
    FROM pg_roles
    CROSS JOIN unnest(rolconfig) AS entry
    WHERE rolname = %s
) AS own
JOIN pg_settings AS known USING (name)
-- What only a superuser may set, an ordinary user keeps as the server has it.
WHERE known.context = 'user' OR current_setting('is_superuser')::boolean
