-- One row per visit: where the air moves a source of a spectrum, against a G2V star.
-- requires: sed sed_refraction visit_geometry
CREATE OR REPLACE FUNCTION calibration.refraction_shifts(
    sed bytea, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, band text, raShift float8, decShift float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
AS $$
SELECT
    v.visit, v.band,
    r.lift / 3.6e6 * tan(radians(g.zenithDistance)) * sin(radians(g.parallacticAngle)),
    r.lift / 3.6e6 * tan(radians(g.zenithDistance)) * cos(radians(g.parallacticAngle))
FROM raw.Visit AS v
JOIN calibration.visit_geometry() AS g USING (visit)
JOIN calibration.sed_refraction(
    refraction_shifts.sed, refraction_shifts.passbands, bands => refraction_shifts.bands
) AS r USING (band)
$$;

COMMENT ON FUNCTION calibration.refraction_shifts(bytea, text, text[]) IS
    'One row per visit: displacement [deg; raShift times cos(dec)] of sources of this spectrum (calibration.sed) against a G2V star, at the boresight: subtract it from measured positions. Toward the zenith for what is bluer.';

CREATE OR REPLACE FUNCTION calibration.refraction_shifts(
    sed text, passbands text DEFAULT NULL, bands text[] DEFAULT NULL
) RETURNS TABLE (visit bigint, band text, raShift float8, decShift float8)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
AS $$
SELECT s.visit, s.band, s.raShift, s.decShift
FROM calibration.refraction_shifts(
    calibration.sed(refraction_shifts.sed), refraction_shifts.passbands, refraction_shifts.bands
) AS s
$$;

COMMENT ON FUNCTION calibration.refraction_shifts(text, text, text[]) IS
    'One row per visit: displacement [deg; raShift times cos(dec)] of sources with the SED of this name against a G2V star, at the boresight: subtract it from measured positions. Toward the zenith for what is bluer.';
