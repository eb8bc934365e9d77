-- The array that bytes are the image of (sky.array_bytes); the second argument only says of which type.
-- Bytes that are none crash the server: nobody but the owner may call this, and only with what our own code wrote.
CREATE OR REPLACE FUNCTION sky.bytes_array(image bytea, of_type anyarray) RETURNS anyarray
LANGUAGE internal IMMUTABLE PARALLEL SAFE
AS 'byteasend';

REVOKE ALL ON FUNCTION sky.bytes_array(bytea, anyarray) FROM PUBLIC;

COMMENT ON FUNCTION sky.bytes_array(bytea, anyarray) IS
    'The array that bytes written by our own code are the image of, as sky.array_bytes gives it; the second argument only tells the type.';
