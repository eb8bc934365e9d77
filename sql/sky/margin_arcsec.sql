-- How far a row's position may lie from its sky key [arcsec]; searches by key look so much farther.
CREATE OR REPLACE FUNCTION sky.margin_arcsec() RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 5.0;

COMMENT ON FUNCTION sky.margin_arcsec() IS
    'How far a row''s position may lie from its hpx29 or objectId [arcsec]: keys are frozen at load or discovery, positions are recalibrated and move.';
