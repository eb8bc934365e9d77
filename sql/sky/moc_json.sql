-- A MOC, ranges of hpx29, as JSON: {"3": [1, 2]}.
CREATE OR REPLACE FUNCTION sky.moc_json(moc int8multirange) RETURNS json
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.moc import moc_json
return moc_json(moc)
$$;

COMMENT ON FUNCTION sky.moc_json(int8multirange) IS 'JSON of orders and cells, {"3": [1, 2]}, of a MOC, ranges of hpx29.';
