"""Normal equations of the motions of many objects, columns coming and going as images of arrays."""

import numpy as np

from skytract.udf.association.array_columns import read_column
from skytract.udf.association.motion_terms import (
    earth_at,
    motion_terms,
    normal_sums,
    usable_positions,
)
from skytract.udf.sky.array_bytes import read_array, write_array

CHUNK = 1 << 9
"""Objects whose positions are worked on at a time: some columns of them stay in the cache."""


def sum_motions(
    object_id: bytes,
    object_ra: bytes,
    object_dec: bytes,
    owner_id: bytes,
    detection: bytes,
    mjd: bytes,
    ra: bytes,
    dec: bytes,
    ra_err: bytes,
    dec_err: bytes,
    ra_dec_cov: bytes,
) -> tuple[bytes, bytes]:
    """Return the sums of `normal_sums` over the usable positions of each object.

    Sums are formed in the order of the detections, whatever that of the rows.

    Parameters
    ----------
    object_id, object_ra, object_dec
        Images of arrays (`array_bytes`): objects, each once, and where they are [deg].
    owner_id, detection
        The object that each position belongs to, and what the position is called.
    mjd, ra, dec, ra_err, dec_err, ra_dec_cov
        As `usable_positions` takes them, NULL where unknown.

    Returns
    -------
    ids, sums
        Images of the ids of the objects that have usable positions, ascending, and of their sums,
        21 each, one after the other.
    """
    ids, owners, order_in = (read_array(c, np.int64) for c in (object_id, owner_id, detection))
    rows = np.array([read_column(c) for c in (mjd, ra, dec, ra_err, dec_err, ra_dec_cov)])
    earth, by_id = earth_at(rows[0]), np.argsort(ids)
    ids = ids[by_id]
    place = np.minimum(np.searchsorted(ids, owners), max(len(ids) - 1, 0))
    usable = np.flatnonzero((ids[place] == owners) & usable_positions(rows, earth))
    usable = usable[np.lexsort((order_in[usable], place[usable]))]
    centres = np.stack([read_column(c)[by_id] for c in (object_ra, object_dec)])
    present, group = np.unique(place[usable], return_inverse=True)
    sums = np.zeros((len(present), 21))
    bounds = np.searchsorted(group, np.arange(0, len(present) + CHUNK, CHUNK))
    for first, start, end in zip(range(0, len(present), CHUNK), bounds, bounds[1:], strict=False):
        part = usable[start:end]
        terms = motion_terms(rows[:, part], earth[:, part], *centres[:, place[part]])
        count = min(CHUNK, len(present) - first)
        sums[first : first + count] = normal_sums(group[start:end] - first, count, terms)
    return write_array(ids[present]), write_array(sums.ravel())
