-- Raises a full sentence unless the radius [arcsec] is one that DiaSources can be associated with.
CREATE OR REPLACE FUNCTION association.require_dia_radius(radius_arcsec float8) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF (radius_arcsec BETWEEN 0.001 AND 30) IS NOT TRUE THEN
        RAISE EXCEPTION 'the radius is % arcsec', radius_arcsec
            USING HINT = 'Give 0.001 to 30 arcsec; 1 is usual.';
    END IF;
END
$$;

COMMENT ON FUNCTION association.require_dia_radius(float8) IS
    'Raises a full sentence unless DiaSources can be associated within this radius [arcsec].';
