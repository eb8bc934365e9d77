-- Zenith distances and parallactic angles [deg] of positions, by time and site.
CREATE OR REPLACE FUNCTION calibration.zenith_geometry(
    ra float8[], "dec" float8[], mjd float8[], longitude float8 DEFAULT -70.7494, latitude float8 DEFAULT -30.2446,
    OUT zenithDistance float8[], OUT parallacticAngle float8[]
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.zenith import visit_geometry
return visit_geometry(ra, dec, mjd, longitude, latitude)
$$;

COMMENT ON FUNCTION calibration.zenith_geometry(float8[], float8[], float8[], float8, float8) IS
    'Zenith distances, and parallactic angles (of the zenith, from north through east) [deg], of ICRS positions at times [MJD TAI], from a site (longitude to the east, latitude [deg]; Cerro Pachon if not given).';
