-- Makes a table of the fluxes of a stretch of the sky, calibrated for sources of a spectrum.
-- requires: find_solution new_own_table recalibration_query require_passbands sed sed_coefficients
CREATE OR REPLACE FUNCTION calibration.recalibrate(
    new_table text, lo bigint, hi bigint, sed bytea,
    solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL,
    catalog text DEFAULT 'ForcedSource'
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Every row is wanted: finding passbands one by one, or sorting all rows, takes several times as long.
-- Writing is what one process must do alone: the planner thinks it too dear to hand it rows.
SET enable_nestloop = off SET enable_mergejoin = off SET parallel_tuple_cost = 0
AS $$
DECLARE
    solution_id bigint := calibration.find_solution('photometry', solution);
    passbands_id bigint := calibration.find_solution('passband', passbands);
    query text := calibration.recalibration_query(
        catalog, EXISTS (SELECT FROM calibration.StarFlat AS w WHERE w.solutionId = solution_id));
    name text := calibration.new_own_table(new_table);
    numbers record;
    written bigint;
BEGIN
    IF (lo < hi) IS NOT TRUE THEN
        RAISE EXCEPTION 'there is nothing from % to %', lo, hi
            USING HINT = 'Give lo < hi: meta.Partition has the bounds of stretches of the sky, and one object is id, id + 1.';
    END IF;
    SELECT
        array_agg(s.band) AS band,
        array_agg(s.g1) AS g1, array_agg(s.g2) AS g2, array_agg(s.g3) AS g3, array_agg(s.g4) AS g4,
        array_agg(s.g5) AS g5, array_agg(s.g6) AS g6, array_agg(s.g7) AS g7, array_agg(s.g8) AS g8,
        array_agg(s.g9) AS g9, array_agg(s.g10) AS g10
    INTO numbers
    FROM calibration.sed_coefficients(recalibrate.sed, recalibrate.passbands, recalibrate.bands) AS s;
    PERFORM calibration.require_passbands(catalog, lo, hi, solution_id, passbands_id, bands);
    EXECUTE format('CREATE TABLE %s AS %s', name, query)
    USING lo, hi, solution_id, passbands_id, numbers.band, numbers.g1, numbers.g2, numbers.g3, numbers.g4,
        numbers.g5, numbers.g6, numbers.g7, numbers.g8, numbers.g9, numbers.g10;
    GET DIAGNOSTICS written = ROW_COUNT;
    EXECUTE format('COMMENT ON TABLE %s IS %L', name, format(
        'Fluxes [nJy] by calibration.recalibrate: %s from %s to %s, spectrum with md5 %s, solution %s, passbands %s.',
        catalog, lo, hi, md5(sed),
        (SELECT s.name FROM calibration.Solution AS s WHERE s.solutionId = solution_id),
        (SELECT s.name FROM calibration.Solution AS s WHERE s.solutionId = passbands_id)
    ));
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.recalibrate(text, bigint, bigint, bytea, text, text, text[], text) IS
    'Makes a table (of the own schema, unless another is named) of fluxes [nJy] in the standard passbands, for sources of this spectrum (calibration.sed): counts x zMean x kappa; returns the number of rows. catalog is ForcedSource or Object (means of forced fluxes, a row per object), for objectId in [lo, hi), or Source or DiaSource, for hpx29 in [lo, hi). solution and passbands are names (NULL: the newest).';

CREATE OR REPLACE FUNCTION calibration.recalibrate(
    new_table text, lo bigint, hi bigint, sed text,
    solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL,
    catalog text DEFAULT 'ForcedSource'
) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
AS $$
SELECT calibration.recalibrate(
    recalibrate.new_table, recalibrate.lo, recalibrate.hi, calibration.sed(recalibrate.sed),
    recalibrate.solution, recalibrate.passbands, recalibrate.bands, recalibrate.catalog
)
$$;

COMMENT ON FUNCTION calibration.recalibrate(text, bigint, bigint, text, text, text, text[], text) IS
    'Makes a table of fluxes [nJy] as the other calibration.recalibrate does, for the SED of this name, own ones first.';
