"""Ids of objects: the sky key of the discovery, made unique among discoveries of one place."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

BLOCK_ORDER = 20
"""HEALPix order of the blocks (0.2 arcsec) within which ids are made unique.

A block is never cut by a partition, so ids need no look across the borders of partitions, and an
object's id lies in the partition of its discovery. It has room for 262,144 objects.
"""

BLOCK_SHIFT = 2 * (29 - BLOCK_ORDER)


def number_objects(hpx: Integers, visits: Integers, keys: Integers) -> Integers:
    """Return the objectId of each discovery: its own sky key, or the next free number.

    Within a block the discoveries are numbered in the order of (key, visit, id), each with its own
    key, or with the number after its predecessor's if that is larger; those that would come to lie
    beyond the end of the block move down to the last numbers in it.

    Parameters
    ----------
    hpx, visits, keys : ndarray of int, shape (n,)
        Sky key (HEALPix NESTED, order 29), visit and unique id of each discovery; of the blocks
        that occur, all discoveries must be there.

    Returns
    -------
    ndarray of int, shape (n,)

    Raises
    ------
    ValueError
        If a block has more discoveries than numbers.

    Examples
    --------
    >>> number_objects(np.array([7, 9, 7]), np.array([1, 1, 2]), np.array([1, 2, 3])).tolist()
    [7, 9, 8]
    """
    order = np.lexsort((keys, visits, hpx))
    number = hpx[order]
    block = number >> BLOCK_SHIFT
    same = np.flatnonzero(np.diff(number) == 0)
    for shared in np.unique(block[same]).tolist():
        rows = slice(*np.searchsorted(block, [shared, shared + 1]))
        number[rows] = _spread(number[rows], shared)
    ids = np.empty(len(order), dtype=np.int64)
    ids[order] = number
    return ids


def _spread(number: Integers, block: int) -> Integers:
    """Return ascending numbers of one block made distinct, within the block."""
    place = np.arange(len(number))
    end = (block + 1) << BLOCK_SHIFT
    if len(number) > 1 << BLOCK_SHIFT:
        raise ValueError(
            f"{len(number)} objects lie within 0.2 arcsec, in the HEALPix cell {block} of order "
            f"{BLOCK_ORDER}, which has room for {1 << BLOCK_SHIFT}: drop detections that are there "
            "many times"
        )
    upwards = place + np.maximum.accumulate(number - place)
    return np.asarray(np.minimum(upwards, end - len(number) + place))
