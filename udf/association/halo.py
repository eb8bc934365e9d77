"""Which detections beyond a stretch of sky must be known to group those inside it.

A chain of friends may cross the border of a stretch, and another one soon after: the halo around it
grows cell by cell until no chain that has a member inside goes on outside. Groups then are the same
for any division of the sky.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.label_friends import connect, label_friends
from skytract.udf.association.link_friends import chord, unit_vectors
from skytract.udf.association.number_objects import BLOCK_ORDER, BLOCK_SHIFT
from skytract.udf.association.pack_detections import unpack_detections
from skytract.udf.association.touched_cells import NARROWEST, touched_cells
from skytract.udf.sky.healpix import ORDER

Integers = NDArray[np.int64]


def halo_order(radius_arcsec: float) -> int:
    """Return the order of the cells a halo is made of: the finest ten radii wide, at most 20.

    Examples
    --------
    >>> halo_order(0.5), halo_order(60.0)
    (14, 7)
    """
    cells = np.degrees(NARROWEST) * 3600.0 / (10.0 * radius_arcsec)
    return min(int(np.log2(cells)), BLOCK_ORDER)


def border_detections(detections: bytes, lo: int, hi: int, radius_arcsec: float) -> bytes:
    """Return the detections of a stretch that lie in its outermost halo cells.

    Parameters
    ----------
    detections
        Packed (`pack_detections`); all of the stretch.
    lo, hi
        Stretch [lo, hi) of the sky key, multiples of 4**9 (cells of order 20).
    radius_arcsec
        Matching radius [arcsec].
    """
    rows = unpack_detections(detections)
    keys = rows.hpx29
    shift = 2 * (ORDER - halo_order(radius_arcsec))
    here = keys >> shift
    cells = np.unique(here)
    outer = np.zeros(len(cells), dtype=bool)
    for start, end in _aligned(lo, hi):
        part = slice(*np.searchsorted(cells, [start >> shift, (end + (1 << shift) - 1) >> shift]))
        outer[part] |= _on_edge(cells[part], (end - start) >> shift)
    return rows.take(np.isin(here, cells[outer])).packed()


def _aligned(lo: int, hi: int) -> list[tuple[int, int]]:
    """Cut a stretch of keys into whole HEALPix cells, as large as possible."""
    pieces = []
    while lo < hi:
        size = 1
        while lo % (4 * size) == 0 and lo + 4 * size <= hi and size < 1 << 2 * ORDER:
            size *= 4
        pieces.append((lo, lo + size))
        lo += size
    return pieces


def _on_edge(cells: Integers, inside: int) -> NDArray[np.bool_]:
    """Tell which cells lie along the edge of the one they are part of, `inside` of them each."""
    if inside <= 1:
        return np.ones(len(cells), dtype=bool)
    bits = (inside.bit_length() - 1) // 2
    place = cells & inside - 1
    last = (1 << bits) - 1
    edge = np.zeros(len(cells), dtype=bool)
    for axis in (place, place >> 1):
        along = np.zeros_like(axis)
        for bit in range(bits):
            along |= (axis >> 2 * bit & 1) << bit
        edge |= (along == 0) | (along == last)
    return edge


def unread_cells(
    border: bytes, halo: bytes, lo: int, hi: int, read_cells: ArrayLike, radius_arcsec: float
) -> list[tuple[int, int, int]]:
    """Return the halo cells into which chains of the stretch go on, and that are not read yet.

    Parameters
    ----------
    border
        Packed detections along the edge of the stretch, from `border_detections`.
    halo
        Packed detections of the cells read so far.
    lo, hi
        Stretch [lo, hi) of the sky key.
    read_cells : array_like of int
        NESTED indices of the cells read so far, of the order `halo_order`.
    radius_arcsec
        Matching radius [arcsec].

    Returns
    -------
    list of (cell, lo, hi)
        The cell and its range [lo, hi) of the sky key; part of it may lie in the stretch.
    """
    keys, _, _, ra, dec, _ = unpack_detections(border + halo)
    count = len(keys)
    inside = np.arange(count) < len(unpack_detections(border).hpx29)
    chain = label_friends(unit_vectors(ra, dec), chord(radius_arcsec))
    # Ids are made unique within blocks: all discoveries of a block must be known with their chains.
    block = np.unique(keys >> BLOCK_SHIFT, return_inverse=True)[1]
    chain = connect(2 * count, chain, count + block)[chain]
    reached = np.isin(chain, chain[inside])
    order = halo_order(radius_arcsec)
    touched = touched_cells(ra[reached], dec[reached], radius_arcsec, order)
    shift = 2 * (ORDER - order)
    # The own cell counts, too: where bounds cut a halo cell, part of it lies beyond.
    beside = np.array([cell for _, cell in touched], dtype=np.int64)
    cells = np.unique(np.concatenate([keys[reached] >> shift, beside]))
    known = np.isin(cells, np.asarray(read_cells, dtype=np.int64))
    known |= (cells << shift >= lo) & (cells + 1 << shift <= hi)
    return [(cell, cell << shift, cell + 1 << shift) for cell in cells[~known].tolist()]
