"""The pairs of a source and a star that a transform within limits could bring together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

RING = 10.0
"""Pairs are looked for so many tolerances beyond the shift, to see how many chance makes."""


@dataclass(frozen=True)
class Limits:
    """How wrong the positions may be, about the middle of the field."""

    shift: float
    """[arcsec]"""
    rotation: float
    """[rad]"""
    scale: float
    """Relative."""
    tolerance: float
    """Farthest that a source may lie from its star after a similarity [arcsec]."""


@dataclass(frozen=True)
class Pairs:
    """All pairs of a source and a star that one of the transforms could bring together."""

    source: Indices
    star: Indices
    place: Floats
    """Position p of the source from the middle of the field, shape (2, n) [arcsec]."""
    offset: Floats
    """From the source to the star, shape (2, n) [arcsec]."""
    spread: float
    """Root mean square distance of the sources from the middle [arcsec]."""
    area: float
    """Of the circle of offsets that were looked at [arcsec^2]."""

    def residual(self, transform: Floats) -> Floats:
        """Return what (shift xi, shift eta, a, b) leaves of the offsets, shape (2, n)."""
        xi, eta, a, b = transform
        x, y = self.place
        return np.asarray(self.offset - np.stack([xi + a * x - b * y, eta + b * x + a * y]))


def find_pairs(points: Floats, stars: Floats, limits: Limits, most: int) -> Pairs:
    """Pair the sources with the stars near them.

    Parameters
    ----------
    points, stars : ndarray, shapes (n, 2) and (m, 2)
        Positions about the middle of the field [arcsec].
    limits : Limits
        How near.
    most : int
        Pairs at most, about; of more sources every second, third... is paired.
    """
    square = np.einsum("ij,ij->i", points, points)
    reach = limits.shift + RING * limits.tolerance
    reach += float(np.sqrt(square.max())) * np.hypot(limits.rotation, limits.scale)
    tree = cKDTree(stars)
    number = cKDTree(points).count_neighbors(tree, reach)
    points = points[:: max(1, -(-int(number) // most))]
    found = cKDTree(points).sparse_distance_matrix(tree, reach, output_type="ndarray")
    source, star = found["i"], found["j"]
    place, offset = points[source].T, (stars[star] - points[source]).T
    return Pairs(source, star, place, offset, float(np.sqrt(square.mean())), np.pi * reach**2)
