-- Star flat at zero-based pixels, by Horner's rule; inlined into queries, which a sub-select would prevent.
CREATE OR REPLACE FUNCTION calibration.star_flat(
    coefficients float8[], nx integer, ny integer, x float8, y float8
) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coefficients[1] - coefficients[3] - coefficients[8]
    + ((2 * y + 1) / ny - 1) * (coefficients[2] - 3 * coefficients[4] - coefficients[9]
        + ((2 * y + 1) / ny - 1) * (2 * coefficients[3] + ((2 * y + 1) / ny - 1) * 4 * coefficients[4]))
    + ((2 * x + 1) / nx - 1) * (coefficients[5] - coefficients[7] - 3 * coefficients[10]
        + ((2 * y + 1) / ny - 1) * (coefficients[6] + ((2 * y + 1) / ny - 1) * 2 * coefficients[7])
        + ((2 * x + 1) / nx - 1) * (2 * coefficients[8] + ((2 * y + 1) / ny - 1) * 2 * coefficients[9]
            + ((2 * x + 1) / nx - 1) * 4 * coefficients[10]));

COMMENT ON FUNCTION calibration.star_flat(float8[], integer, integer, float8, float8) IS
    'What a star flat (calibration.StarFlat) multiplies the flux by at zero-based pixels x, y of a detector of nx columns and ny rows.';
