-- Whether a sky key lies in one of at most 24 ranges; inlined, so that partitions are pruned and an index serves it.
-- The planner folds `bounds` to a constant first, and drops the ranges beyond the last: they are NULL.
CREATE OR REPLACE FUNCTION sky.in_ranges(key bigint, bounds bigint[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    (key >= bounds[1] AND key < bounds[2])
    OR (key >= bounds[3] AND key < bounds[4])
    OR (key >= bounds[5] AND key < bounds[6])
    OR (key >= bounds[7] AND key < bounds[8])
    OR (key >= bounds[9] AND key < bounds[10])
    OR (key >= bounds[11] AND key < bounds[12])
    OR (key >= bounds[13] AND key < bounds[14])
    OR (key >= bounds[15] AND key < bounds[16])
    OR (key >= bounds[17] AND key < bounds[18])
    OR (key >= bounds[19] AND key < bounds[20])
    OR (key >= bounds[21] AND key < bounds[22])
    OR (key >= bounds[23] AND key < bounds[24])
    OR (key >= bounds[25] AND key < bounds[26])
    OR (key >= bounds[27] AND key < bounds[28])
    OR (key >= bounds[29] AND key < bounds[30])
    OR (key >= bounds[31] AND key < bounds[32])
    OR (key >= bounds[33] AND key < bounds[34])
    OR (key >= bounds[35] AND key < bounds[36])
    OR (key >= bounds[37] AND key < bounds[38])
    OR (key >= bounds[39] AND key < bounds[40])
    OR (key >= bounds[41] AND key < bounds[42])
    OR (key >= bounds[43] AND key < bounds[44])
    OR (key >= bounds[45] AND key < bounds[46])
    OR (key >= bounds[47] AND key < bounds[48]);

COMMENT ON FUNCTION sky.in_ranges(bigint, bigint[]) IS
    'Whether key lies in the ranges [bounds[1], bounds[2]), [bounds[3], bounds[4]) and so on, 24 at most; NULL rather than false if there are fewer.';
