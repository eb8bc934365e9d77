-- Few ranges of the sky key that cover a MOC, for sky.in_ranges: lo, hi, lo, hi, ...
CREATE OR REPLACE FUNCTION sky.moc_bounds(moc int8multirange) RETURNS bigint[]
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
from skytract.udf.sky.region_bounds import moc_bounds
return moc_bounds(moc)
$$;

COMMENT ON FUNCTION sky.moc_bounds(int8multirange) IS
    'Bounds lo, hi, lo, hi, ... of ranges of hpx29 that cover a MOC: what sky.in_ranges asks for.';
