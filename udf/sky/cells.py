"""Covering a region of sky with HEALPix cells, whatever its shape.

A shape says where it is: `circle`, a circle (ra, dec, radius) [deg] around it, and
`depth(positions)`, for unit vectors of shape (n, 3) an angle [rad] that is positive inside,
negative outside, and in size at most the distance to the shape's border. So a cell whose centre
lies deeper than the cell reaches is wholly inside, and one as far out is wholly outside.
"""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skytract.udf.sky.cone import CELL_RADIUS, Circle, first_cells
from skytract.udf.sky.healpix import ORDER, nested

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROUNDING = 1e-15
"""Depths [rad] are computed to within this: no cell is lost by it."""

_FACE_MERIDIAN = np.array([1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7])


class Shape(Protocol):
    """A region of sky that cells can be compared with."""

    @property
    def circle(self) -> tuple[float, float, float]:
        """Centre and radius (ra, dec, radius) [deg] of a circle around the shape."""
        ...

    def depth(self, positions: Floats) -> Floats:
        """Signed lower limit [rad], shape (n,), of the distance of unit vectors to the border."""
        ...


def cover(
    shape: Shape, margin_arcsec: float, max_order: int = ORDER, enough: float = math.inf
) -> list[tuple[int, int]]:
    """Return ranges of hpx29 of cells that cover a widened shape.

    Cells wholly inside are kept; those that the border may cross are divided into four until
    there are `enough` of them, or they are of order `max_order`.

    Parameters
    ----------
    shape : Shape
        What to cover.
    margin_arcsec : float
        The shape is widened by so much [arcsec].
    max_order : int
        The finest order of cells, in [0, 29].
    enough : float
        Division ends when so many cells lie on the border.

    Returns
    -------
    list of (int, int)
        Half-open ranges [lo, hi), ascending; neighbours may touch.
    """
    margin = math.radians(margin_arcsec / 3600.0) + ROUNDING
    ra, dec, radius = shape.circle
    around = Circle(ra, dec, min(180.0, radius + math.degrees(margin)))
    order, first = first_cells(around, max_order)
    cells = np.array(first, dtype=np.int64).reshape(-1, 3)
    kept: list[Integers] = []
    while True:
        reach = CELL_RADIUS / (1 << order)
        depth = shape.depth(cell_centres(cells, 1 << order)) + margin
        kept.append(_ranges(cells[depth >= reach], order))
        cells = cells[np.abs(depth) < reach]
        if order >= max_order or len(cells) > enough or not len(cells):
            break
        order += 1
        cells = _children(cells)
    kept.append(_ranges(cells, order))
    found = np.concatenate(kept)
    return [(lo, hi) for lo, hi in found[np.argsort(found[:, 0])].tolist()]


def cell_centres(cells: Integers, side: int) -> Floats:
    """Return unit vectors, shape (n, 3), of the centres of cells (face, x, y), shape (n, 3).

    There are `side` cells along a base pixel (Gorski et al. 2005, equations 4 to 9).
    """
    face, x, y = cells.T
    row = (2 + face // 4) * side - x - y - 1
    from_end = np.minimum(row, 4 * side - row)
    belt = from_end >= side
    around = np.minimum(from_end, side)
    from_pole = around * around / (3.0 * side * side)
    z_belt = 2.0 * (2 * side - row) / (3.0 * side)
    z = np.where(belt, z_belt, np.copysign(1.0 - from_pole, 2 * side - row))
    square = np.where(belt, (1.0 - z_belt) * (1.0 + z_belt), from_pole * (2.0 - from_pole))
    across = np.sqrt(square)
    ra = np.pi / 4.0 * (_FACE_MERIDIAN[face] + (x - y) / around)
    return np.stack([across * np.cos(ra), across * np.sin(ra), z], axis=1)


def _children(cells: Integers) -> Integers:
    """Return the four children of each cell, shape (4 n, 3)."""
    step = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1]])
    children: Integers = (cells[:, None, :] * [1, 2, 2] + step).reshape(-1, 3)
    return children


def _ranges(cells: Integers, order: int) -> Integers:
    """Return the ranges of hpx29, shape (n, 2), of cells of an order."""
    pixel = nested(cells[:, 0], cells[:, 1], cells[:, 2], order)
    shift = 2 * (ORDER - order)
    return np.stack([pixel << shift, pixel + 1 << shift], axis=1)
