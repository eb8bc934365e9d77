-- A MOC, ranges of hpx29, as IVOA text: 3/1-4 7 5/100.
CREATE OR REPLACE FUNCTION sky.moc_text(moc int8multirange) RETURNS text
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.moc import moc_text
return moc_text(moc)
$$;

COMMENT ON FUNCTION sky.moc_text(int8multirange) IS 'IVOA text (3/1-4 7 5/100) of a MOC, ranges of hpx29.';
