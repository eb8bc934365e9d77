-- The spectrum of an object from its record.
CREATE OR REPLACE FUNCTION calibration.rebuild_sed(
    method text, weight real[], f_nu bytea, reference text, colour real[], bands text, standards bytea
) RETURNS bytea
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.rebuild_sed import rebuild_sed
return rebuild_sed(method, weight, f_nu, reference, colour, bands, standards)
$$;

COMMENT ON FUNCTION calibration.rebuild_sed(text, real[], bytea, text, real[], text, bytea) IS
    'The spectrum (801 float4) that a row of calibration.ObjectSed records, from its templates one after the other, or from its colours, and standard passbands.';
