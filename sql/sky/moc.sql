-- A MOC given as text (3/1-4 7 5/100) or JSON, as ranges of hpx29.
CREATE OR REPLACE FUNCTION sky.moc(text text) RETURNS int8multirange
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.moc import moc
return moc(text)
$$;

COMMENT ON FUNCTION sky.moc(text) IS
    'Ranges of hpx29 of a MOC, given as IVOA text (3/1-4 7 5/100) or JSON. Union, intersection and difference of MOCs are +, * and -; a key is in one if key <@ moc.';
