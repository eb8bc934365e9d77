"""The numbering of HEALPix cells in the NESTED scheme: facts and bits, without numpy.

Gorski et al. 2005 (ApJ 622, 759), section 4.2: the index of a cell of order k is its base pixel
followed by k pairs of bits, one of y and one of x each, so that a cell's four children have the
four indices that follow from it, and all descendants of a cell are one range.
"""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = TypeVar("Integers", int, NDArray[np.int64])
else:
    Integers = TypeVar("Integers")

ORDER = 29
"""Order of the sky key: the finest whose 12 * 4**order cells fit a signed 64-bit integer."""

SIDE = 1 << ORDER
"""Cells of the key along the side of one of the 12 base pixels; each side is 0.39 mas."""

CELLS = 12 << 2 * ORDER
"""Number of cells of the key on the sphere: indices lie in [0, CELLS)."""

_SPREAD_STEPS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def nested(face: Integers, x: Integers, y: Integers, order: int) -> Integers:
    """Return the NESTED index of the cells at x, y in [0, 2**order) of base pixels 0 to 11."""
    return face << 2 * order | _spread(x) | _spread(y) << 1


def _spread(bits: Integers) -> Integers:
    """Move bit i of each number (below 2**32) to bit 2i."""
    for shift, mask in _SPREAD_STEPS:
        bits = (bits | bits << shift) & mask
    return bits


def cell_range(order: int, pixel: int) -> tuple[int, int]:
    """Return the range [lo, hi) of the order-29 indices that lie in a cell.

    Examples
    --------
    >>> cell_range(0, 11) == (11 * 4**29, 12 * 4**29)
    True
    """
    shift = 2 * (ORDER - order)
    return pixel << shift, (pixel + 1) << shift
