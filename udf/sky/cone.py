"""Which stretches of the sky key a circle on the sky touches.

Plain floats and no numpy: a circle is some hundred cells, and the first cone of a session should
not wait for an import.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

from skytract.udf.sky.healpix import ORDER, cell_range, nested

CELL_RADIUS = 1.069
"""No point of a cell of order k is farther than CELL_RADIUS / 2**k [rad] from the cell's centre.

The widest cells touch the parallel |sin dec| = 2/3: there half a diagonal is pi/4 sqrt(5)/3 along
the parallel and 2/sqrt(5) across it, together 1.06897 (the limit of max_pixrad * nside).
"""

STRETCH = 1.5
"""Moving by an angle a [rad] within a base pixel moves its x and its y by at most STRETCH * a.

The gradients of the projection are at most 1.03 in the belt and sqrt(0.78**2 + 1.2247**2) = 1.452
in the caps (at the pole), in sides of a base pixel per radian.
"""

FINENESS = 8
"""Cells on the circle's rim are divided until CELL_RADIUS / 2**k is below radius / FINENESS."""

RIM_CELLS_PER_RANGE = 2
"""Division also stops at so many rim cells per range: finer ones would only be joined again."""

Cell = tuple[int, int, int]
"""Base pixel and the place x, y within it, at an order known from the context."""

_FACE_MERIDIAN = (1, 3, 5, 7, 0, 2, 4, 6, 1, 3, 5, 7)
"""RA of the centre of each of the 12 base pixels, in units of 45 degrees."""


def cone(ra: float, dec: float, radius: float, max_ranges: int = 16) -> list[tuple[int, int]]:
    """Return ranges of hpx29 that together cover a circle.

    Cells wholly inside the circle are kept, those its rim may cross are divided into four until
    they are much smaller than the circle; then the smallest gaps are filled until few enough
    ranges are left. Every point of the circle is covered; some of what is covered lies outside it
    (half as much again, typically), so test the position itself as well.

    Parameters
    ----------
    ra, dec : float
        Centre of the circle [deg, ICRS]; `ra` may be any finite angle, `dec` in [-90, 90].
    radius : float
        Radius of the circle [deg], in [0, 180].
    max_ranges : int
        At most so many ranges are returned, at least 1.

    Returns
    -------
    list of (int, int)
        Half-open ranges [lo, hi), ascending, with gaps between them.

    Examples
    --------
    >>> cone(0.0, 90.0, 180.0) == [(0, 12 * 4**29)]
    True
    """
    refuse_bad_circle(ra, dec, radius, max_ranges)
    cells = _covering_cells(Circle(ra, dec, radius), RIM_CELLS_PER_RANGE * max_ranges)
    return join_ranges(sorted(cells), max_ranges)


def refuse_bad_circle(ra: float, dec: float, radius: float, max_ranges: int) -> None:
    """Raise a sentence that names the argument at fault."""
    if not math.isfinite(ra):
        raise ValueError(f"ra = {ra} is not a position: give a finite angle in degrees")
    if not abs(dec) <= 90.0:
        raise ValueError(f"dec = {dec} is outside [-90, 90] degrees: are ra and dec swapped?")
    if not 0.0 <= radius <= 180.0:
        raise ValueError(f"radius = {radius} is outside [0, 180]: give the radius in degrees")
    if max_ranges < 1:
        raise ValueError(f"max_ranges = {max_ranges} leaves no range: allow at least 1")


class Circle:
    """A circle on the sky that knows how far cells are from its centre."""

    def __init__(self, ra: float, dec: float, radius: float) -> None:
        self.ra, self.dec, self.radius = ra, dec, math.radians(radius)
        across = math.cos(math.radians(dec))
        self.x = across * math.cos(math.radians(ra))
        self.y = across * math.sin(math.radians(ra))
        self.z = math.sin(math.radians(dec))

    def square_chord(self, cell: Cell, side: int) -> float:
        """Squared straight-line distance between the circle's centre and a cell's, unit sphere.

        Cells have `side` of them along a base pixel (Gorski et al. 2005, equations 4 to 9).
        """
        face, x, y = cell
        row = (2 + face // 4) * side - x - y - 1
        if side <= row <= 3 * side:
            around = side
            z = 2.0 * (2 * side - row) / (3 * side)
            across = math.sqrt((1.0 - z) * (1.0 + z))
        else:
            around = min(row, 4 * side - row)
            from_pole = around * around / (3.0 * side * side)
            z = math.copysign(1.0 - from_pole, 2 * side - row)
            across = math.sqrt(from_pole * (2.0 - from_pole))
        ra = math.pi / 4.0 * (_FACE_MERIDIAN[face] + (x - y) / around)
        dx, dy, dz = across * math.cos(ra) - self.x, across * math.sin(ra) - self.y, z - self.z
        return dx * dx + dy * dy + dz * dz

    def place(self) -> tuple[int, float, float]:
        """Return the base pixel of the centre and its place in there, x and y in [0, 1]."""
        quarter = self.ra / 90.0 % 4.0
        if abs(self.z) <= 2.0 / 3.0:
            rising, falling = 0.5 + quarter + 0.75 * self.z, 0.5 + quarter - 0.75 * self.z
            north, south = int(falling), int(rising)
            face = north % 4 + 4 if north == south else north if north < south else south + 8
            return face, rising - south, 1.0 - (falling - north)
        base = min(int(quarter), 3)
        from_pole = math.sqrt(6.0) * math.sin(math.radians(90.0 - abs(self.dec)) / 2.0)
        east, west = (quarter - base) * from_pole, (1.0 - (quarter - base)) * from_pole
        return (base, 1.0 - west, 1.0 - east) if self.z > 0.0 else (base + 8, east, west)


def _covering_cells(circle: Circle, enough: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of cells that cover the circle; division ends with `enough` on its rim."""
    order, rim = first_cells(circle, ORDER)
    while True:
        reach = CELL_RADIUS / (1 << order)
        inside, outside = _square_chord(circle.radius - reach), _square_chord(circle.radius + reach)
        crossed = []
        for cell in rim:
            distance = circle.square_chord(cell, 1 << order)
            if distance <= inside:
                yield _range_of(cell, order)
            elif distance <= outside:
                crossed.append(cell)
        if order == ORDER or len(crossed) > enough or FINENESS * reach <= circle.radius:
            break
        order += 1
        rim = [(f, 2 * x + i, 2 * y + j) for f, x, y in crossed for i in (0, 1) for j in (0, 1)]
    for cell in crossed:
        yield _range_of(cell, order)


def first_cells(circle: Circle, max_order: int) -> tuple[int, list[Cell]]:
    """Return an order and the few cells there that can hold the circle.

    These are the at most four around the centre, if none is beyond an edge of the centre's base
    pixel, and the 12 base pixels otherwise.
    """
    face, x, y = circle.place()
    reach = STRETCH * circle.radius + 1e-9
    if not (reach < x < 1.0 - reach and reach < y < 1.0 - reach):
        return 0, [(face, 0, 0) for face in range(12)]
    order = min(max_order, int(-math.log2(2.0 * reach)))
    side = 1 << order
    columns = range(int((x - reach) * side), int((x + reach) * side) + 1)
    rows = range(int((y - reach) * side), int((y + reach) * side) + 1)
    return order, [(face, column, row) for column in columns for row in rows]


def _square_chord(angle: float) -> float:
    """Squared chord of an angle [rad]: below every chord if it is negative, above if past pi.

    Computed chords are within 1e-15 of the true ones; an outer limit must not lose by that.
    """
    if angle < 0.0:
        return -1.0
    return math.inf if angle >= math.pi else (2.0 * math.sin(angle / 2.0) + 1e-15) ** 2


def _range_of(cell: Cell, order: int) -> tuple[int, int]:
    """Return the range of hpx29 of a cell."""
    return cell_range(order, nested(*cell, order))


def join_ranges(ranges: list[tuple[int, int]], max_ranges: int) -> list[tuple[int, int]]:
    """Join ranges that touch, then those with the smallest gaps, until few enough are left."""
    gaps = [(after[0] - before[1], after[0]) for before, after in pairwise(ranges)]
    widest = sorted(gap for gap in gaps if gap[0] > 0)[::-1][: max_ranges - 1]
    starts = [ranges[0][0], *sorted(start for _, start in widest)]
    ends = [start - gap for gap, start in sorted(widest, key=lambda pair: pair[1])]
    return list(zip(starts, [*ends, ranges[-1][1]], strict=True))
