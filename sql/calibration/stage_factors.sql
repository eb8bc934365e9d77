-- How the rows of a release turn into fluxes: joins and factors, as SQL, of a query that a stage composes.
--
-- The query has raw rows as r and their visits as v. Without SEDs and star flats the factor is zMean alone,
-- and nothing else is joined. The numbers of the SEDs of the objects (objectId) that the query
-- `objects` gives are staged in pg_temp.object_chrom and pg_temp.variable_chrom.
-- requires: chromatic_factor require_solution seds_passbands stage_chrom star_flat
CREATE OR REPLACE FUNCTION calibration.stage_factors(
    release_name text, objects text, object_id text, variable_id text,
    OUT joins text, OUT factor text, OUT variable_factor text
)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    solution_id bigint := calibration.require_solution(release_name);
    named meta.Release;
    kappa CONSTANT text := 'calibration.chromatic_factor('
        'passband.c1, passband.c2, passband.c3, passband.c4, passband.c5,'
        'passband.c6, passband.c7, passband.c8, passband.c9, passband.c10,'
        '%1$s.g1, %1$s.g2, %1$s.g3, %1$s.g4, %1$s.g5, %1$s.g6, %1$s.g7, %1$s.g8, %1$s.g9, %1$s.g10)';
    own_kappa text := '1';
    variable_kappa text;
BEGIN
    SELECT r.* INTO named FROM meta.Release AS r WHERE r.release = release_name;
    joins := format(
        'LEFT JOIN calibration.PhotoCalib AS c ON c.solutionId = %s AND c.visit = r.visit AND c.detector = r.detector',
        solution_id
    );
    factor := 'c.zMean';
    IF EXISTS (SELECT FROM calibration.StarFlat AS w WHERE w.solutionId = solution_id) THEN
        joins := joins || format(
            ' LEFT JOIN calibration.StarFlat AS flat ON flat.solutionId = %s AND flat.band = v.band AND flat.detector = r.detector',
            solution_id
        );
        factor := 'c.zMean * coalesce(calibration.star_flat(flat.coefficients, flat.nx, flat.ny, r.x, r.y), 1)';
    END IF;
    IF object_id IS NULL THEN
        named.sedSolutionId := NULL;
    END IF;
    IF variable_id IS NULL THEN
        named.variableSedSolutionId := NULL;
    END IF;
    IF coalesce(named.sedSolutionId, named.variableSedSolutionId) IS NOT NULL THEN
        joins := joins || format(
            ' LEFT JOIN calibration.PassbandCoefficient AS passband ON passband.solutionId = %s AND passband.visit = r.visit AND passband.detector = r.detector',
            calibration.seds_passbands(coalesce(named.sedSolutionId, named.variableSedSolutionId))
        );
    END IF;
    IF named.sedSolutionId IS NOT NULL THEN
        PERFORM calibration.stage_chrom('object_chrom', named.sedSolutionId, objects);
        joins := joins || format(
            ' LEFT JOIN pg_temp.object_chrom AS chrom ON chrom.objectId = %s AND chrom.band = v.band', object_id);
        -- An object without SED has kappa = 1, a visit without passband no flux.
        own_kappa := 'CASE WHEN chrom.objectId IS NULL THEN 1 ELSE ' || format(kappa, 'chrom') || ' END';
    END IF;
    IF named.variableSedSolutionId IS NOT NULL THEN
        PERFORM calibration.stage_chrom('variable_chrom', named.variableSedSolutionId, objects);
        joins := joins || format(
            ' LEFT JOIN pg_temp.variable_chrom AS variable ON variable.objectId = %s AND variable.band = v.band', variable_id);
        variable_kappa := 'CASE WHEN variable.objectId IS NULL THEN ' || own_kappa || ' ELSE ' || format(kappa, 'variable') || ' END';
    END IF;
    variable_factor := factor || ' * ' || coalesce(variable_kappa, own_kappa);
    factor := factor || ' * ' || own_kappa;
END
$$;

COMMENT ON FUNCTION calibration.stage_factors(text, text, text, text) IS
    'A step of the stages that calibrate: stages the SEDs of some objects, and returns the joins and factors from counts to nJy of a query over raw rows r and visits v, for the flux of the object and for what varies.';
