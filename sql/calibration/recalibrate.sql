-- Makes a table of the forced fluxes of a stretch of the sky, calibrated for sources of a spectrum.
-- requires: flux_factors sed
CREATE OR REPLACE FUNCTION calibration.recalibrate(
    new_table text, lo bigint, hi bigint, sed bytea,
    solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Every row is wanted: finding passbands one by one, or sorting all rows, takes several times as long.
SET enable_nestloop = off SET enable_mergejoin = off
AS $$
DECLARE
    own_schema text := 'my_' || current_user;
    parts text[] := parse_ident(new_table);
    written bigint;
BEGIN
    IF cardinality(parts) = 1 THEN
        parts := ARRAY[own_schema] || parts;
    END IF;
    IF to_regnamespace(quote_ident(parts[1])) IS NULL OR NOT has_schema_privilege(parts[1], 'CREATE') THEN
        RAISE EXCEPTION '% may not make tables in the schema %', quote_ident(current_user), quote_ident(parts[1])
            USING HINT = 'Log in as a user of `skytract user add`, and name a table of the schema ' || quote_ident(own_schema) || '.';
    END IF;
    IF to_regclass(format('%I.%I', parts[1], parts[2])) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a table %.% already', quote_ident(parts[1]), quote_ident(parts[2])
            USING HINT = 'Choose another name, or drop that table first.';
    END IF;
    CREATE TEMPORARY TABLE recalibrate_factor ON COMMIT DROP AS
    SELECT k.visit * 65536 + k.detector AS passband, k.band, k.factor
    FROM calibration.flux_factors(
        recalibrate.sed, recalibrate.solution, recalibrate.passbands, recalibrate.bands
    ) AS k;
    ANALYZE pg_temp.recalibrate_factor;
    EXECUTE format(
        $create$
        CREATE TABLE %I.%I AS
        SELECT
            f.objectId, f.visit, f.detector, k.band,
            f.psfInstFlux * k.factor AS psfFlux, f.psfInstFluxErr * k.factor AS psfFluxErr,
            f.psfInstFlux_flag AS psfFlux_flag,
            f.psfDiffInstFlux * k.factor AS psfDiffFlux, f.psfDiffInstFluxErr * k.factor AS psfDiffFluxErr,
            f.psfDiffInstFlux_flag AS psfDiffFlux_flag
        FROM raw.ForcedSource AS f
        JOIN pg_temp.recalibrate_factor AS k ON k.passband = f.visit * 65536 + f.detector
        WHERE f.objectId >= %L::bigint AND f.objectId < %L::bigint
        $create$,
        parts[1], parts[2], lo, hi
    );
    GET DIAGNOSTICS written = ROW_COUNT;
    DROP TABLE pg_temp.recalibrate_factor;
    RETURN written;
END
$$;

COMMENT ON FUNCTION calibration.recalibrate(text, bigint, bigint, bytea, text, text, text[]) IS
    'Makes a table (of the own schema, unless another is named) of the forced fluxes [nJy] of the objects with objectId in [lo, hi), in the standard passbands, for sources of this spectrum (calibration.sed): counts x zMean x kappa; returns the number of rows. solution and passbands are names (NULL: the newest).';

CREATE OR REPLACE FUNCTION calibration.recalibrate(
    new_table text, lo bigint, hi bigint, sed text,
    solution text DEFAULT NULL, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
AS $$
SELECT calibration.recalibrate(
    recalibrate.new_table, recalibrate.lo, recalibrate.hi, calibration.sed(recalibrate.sed),
    recalibrate.solution, recalibrate.passbands, recalibrate.bands
)
$$;

COMMENT ON FUNCTION calibration.recalibrate(text, bigint, bigint, text, text, text, text[]) IS
    'Makes a table (of the own schema, unless another is named) of the forced fluxes [nJy] of the objects with objectId in [lo, hi), in the standard passbands, for the SED of this name: counts x zMean x kappa; returns the number of rows. solution and passbands are names (NULL: the newest).';
