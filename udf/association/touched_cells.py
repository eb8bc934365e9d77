"""Which further HEALPix cells the surroundings of a position reach into."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.sky.healpix import ORDER
from skytract.udf.sky.hpx29 import hpx29

DIRECTIONS = 16
"""Points probed around a position.

They lie at twice the radius. A cell that reaches within the radius covers at least 26.7 deg of
that circle, even with its sharpest corner (52.6 deg, at the parallel z = 2/3), and the points
are 22.5 deg apart: none is missed as long as cells are much larger than the radius.
"""

NARROWEST = 0.7
"""No cell of order k is narrower than NARROWEST / 2**k [rad] (0.711 at the parallel z = 2/3)."""


def touched_cells(
    ra: ArrayLike, dec: ArrayLike, radius_arcsec: float, cell_order: int
) -> list[tuple[int, int]]:
    """Return the cells, other than a position's own, that a circle around it touches.

    The list may hold a neighbouring cell that begins within twice the radius, and lacks none that
    begins within the radius.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        ICRS position [deg].
    radius_arcsec : float
        Radius of the circles [arcsec]; the cells must be at least ten times as wide.
    cell_order : int
        HEALPix order of the cells.

    Returns
    -------
    list of (number of the position, counted from 1; NESTED index of the cell)

    Examples
    --------
    >>> touched_cells([45.0, 45.0], [0.00001, 0.1], 0.5, 13)
    [(1, 290805077), (1, 380283562), (1, 603979775)]
    """
    alpha, delta = np.asarray(ra, float), np.asarray(dec, float)
    radius = float(radius_arcsec) / 3600.0
    width = np.degrees(NARROWEST / 2.0**cell_order)
    if not 0.0 < radius <= width / 10.0:
        raise ValueError(
            f"the radius is {radius_arcsec} arcsec and cells of order {cell_order} are "
            f"{width * 3600.0:.3g} arcsec wide: take cells of a lower order, at least ten radii"
        )
    own = hpx29(alpha, delta)
    near = np.flatnonzero(_fraction_from_edge(own, cell_order) * width <= 2.0 * radius)
    shift = 2 * (ORDER - cell_order)
    cells = np.sort(hpx29(*_circle(alpha[near], delta[near], 2.0 * radius)) >> shift, axis=1)
    new = cells != own[near, None] >> shift
    new[:, 1:] &= cells[:, 1:] != cells[:, :-1]
    position, direction = np.nonzero(new)
    return list(
        zip((near[position] + 1).tolist(), cells[position, direction].tolist(), strict=True)
    )


def _fraction_from_edge(hpx: NDArray[np.int64], order: int) -> NDArray[np.float64]:
    """Return how far inside its cell of that order an index lies: 0 at an edge, 0.5 at most."""
    bits = ORDER - order
    inside = hpx & ((1 << 2 * bits) - 1)
    nearest = np.full(hpx.shape, 0.5)
    for axis in (inside, inside >> 1):
        place = (_even_bits(axis, bits) + 0.5) / (1 << bits)
        nearest = np.minimum(nearest, np.minimum(place, 1.0 - place))
    return nearest


def _even_bits(interleaved: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Gather bits 0, 2, 4 ... of each number into one number."""
    place = np.zeros_like(interleaved)
    for bit in range(bits):
        place |= (interleaved >> 2 * bit & 1) << bit
    return place


def _circle(
    ra: NDArray[np.float64], dec: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points at a distance [deg] around each position, shapes (n, DIRECTIONS)."""
    angle = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    alpha, delta, rho = np.radians(ra)[:, None], np.radians(dec)[:, None], np.radians(radius)
    north = np.sin(rho) * np.cos(angle)
    east = np.sin(rho) * np.sin(angle)
    outward = np.cos(delta) * np.cos(rho) - np.sin(delta) * north
    z = np.sin(delta) * np.cos(rho) + np.cos(delta) * north
    return (
        np.degrees(alpha + np.arctan2(east, outward)),
        np.degrees(np.arctan2(z, np.hypot(outward, east))),
    )
