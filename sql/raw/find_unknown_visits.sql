-- One row per given visit that raw.Visit does not have.
CREATE OR REPLACE FUNCTION raw.find_unknown_visits(visits bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT given.id
    FROM unnest(visits) AS given (id)
    WHERE NOT EXISTS (SELECT FROM raw.Visit AS v WHERE v.visit = given.id)
    ORDER BY given.id;
END;

COMMENT ON FUNCTION raw.find_unknown_visits(bigint[]) IS
    'Those of the given visits that raw.Visit does not have.';
