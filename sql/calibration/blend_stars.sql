-- Stars of the library, blends of neighbours in colour, all of them without and with dust: templates of a grid.
CREATE OR REPLACE FUNCTION calibration.blend_stars(names text[], sources text[], f_nu bytea)
RETURNS TABLE (name text, ebv float8, weight float8, binned bytea)
LANGUAGE plpython3u IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 1000
AS $$
from skytract.udf.calibration.sed_templates import blend_stars
return blend_stars(names, sources, f_nu)
$$;

COMMENT ON FUNCTION calibration.blend_stars(text[], text[], bytea) IS
    'Spectra (801 float4, one after the other) of stars, with blends of those that are neighbours in colour in one publication, behind dust of E(B-V) 0 to 0.8 mag: templates of a grid, and what their priors are proportional to.';
