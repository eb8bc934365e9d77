-- Robust straight line: AB magnitude of one count at colour 0, and colour term; NULLs if too few stars.
CREATE OR REPLACE FUNCTION calibration.fit_zero_point(
    inst_flux float8[], inst_flux_err float8[], ref_mag float8[], ref_mag_err float8[],
    colour float8[], colour_term float8, min_stars integer,
    OUT zeroPoint float8, OUT zeroPointErr float8, OUT colourTerm float8, OUT colourTermErr float8,
    OUT rms float8, OUT nStar integer
)
LANGUAGE plpython3u IMMUTABLE PARALLEL SAFE COST 10000
AS $$
from skytract.udf.calibration.fit_zero_point import fit_zero_point
return fit_zero_point(inst_flux, inst_flux_err, ref_mag, ref_mag_err, colour, colour_term, min_stars)
$$;

COMMENT ON FUNCTION calibration.fit_zero_point(
    float8[], float8[], float8[], float8[], float8[], float8, integer
) IS
    'Robust fit of ref_mag [AB] + 2.5 log10(inst_flux [ct]) = zeroPoint + colourTerm x colour; a colour_term that is not NULL is kept fixed; all NULL if there are fewer than min_stars stars.';
