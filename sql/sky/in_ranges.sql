-- Whether a sky key lies in one of at most 16 ranges; inlined, so that partitions are pruned and an index serves it.
-- The planner folds `bounds` to a constant first, and drops the ranges beyond the last: they are NULL.
-- Where a whole partition is read, each row is compared with one range after the other: the largest come first.
CREATE OR REPLACE FUNCTION sky.in_ranges(key bigint, bounds bigint[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
    (key < bounds[2] AND key >= bounds[1])
    OR (key < bounds[4] AND key >= bounds[3])
    OR (key < bounds[6] AND key >= bounds[5])
    OR (key < bounds[8] AND key >= bounds[7])
    OR (key < bounds[10] AND key >= bounds[9])
    OR (key < bounds[12] AND key >= bounds[11])
    OR (key < bounds[14] AND key >= bounds[13])
    OR (key < bounds[16] AND key >= bounds[15])
    OR (key < bounds[18] AND key >= bounds[17])
    OR (key < bounds[20] AND key >= bounds[19])
    OR (key < bounds[22] AND key >= bounds[21])
    OR (key < bounds[24] AND key >= bounds[23])
    OR (key < bounds[26] AND key >= bounds[25])
    OR (key < bounds[28] AND key >= bounds[27])
    OR (key < bounds[30] AND key >= bounds[29])
    OR (key < bounds[32] AND key >= bounds[31]);

COMMENT ON FUNCTION sky.in_ranges(bigint, bigint[]) IS
    'Whether key lies in the ranges [bounds[1], bounds[2]), [bounds[3], bounds[4]) and so on, 16 at most; NULL rather than false if there are fewer.';
