-- One row per load of a kind that holds any of some places, with the first such place.
CREATE OR REPLACE FUNCTION meta.find_rivals(
    load_kind text,
    majors bigint[],
    minors integer[],
    bands text[],
    OUT load_id bigint,
    OUT path text,
    OUT major bigint,
    OUT minor integer,
    OUT band text
) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT DISTINCT ON (s.loadId) s.loadId, l.path, s.major, s.minor, s.band
    FROM unnest(majors, minors, bands) AS p (major, minor, band)
    JOIN meta.LoadScope AS s
        ON s.kind = load_kind AND s.major = p.major AND s.minor = p.minor AND s.band = p.band
    JOIN meta.Load AS l USING (loadId)
    ORDER BY s.loadId, s.major, s.minor, s.band;
END;

COMMENT ON FUNCTION meta.find_rivals(text, bigint[], integer[], text[]) IS
    'Loads of a kind that hold any of the given places, each with its file and the first such place.';
