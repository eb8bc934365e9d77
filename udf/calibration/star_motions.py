"""Stars of a joint fit: five parameters each, eliminated from the normal equations exactly.

A detection of a star lies, from the star's place, at (e + u t + p P, n + v t + p Q) to the east and
north: position, proper motion and parallax, with t the time and (P, Q) the displacement by the
Earth's way. What is known beforehand of the five has a weight of its own: the catalog's errors for
reference stars, what stars do at most for all others.

Errors are the same on both axes, so that the normal equations of a star are

    | A  .  a |      A = sum w (1, t; t, t^2) and what is known of an axis, a = sum w P (1, t),
    | .  A  b |      b = sum w Q (1, t), c = sum w (P^2 + Q^2) and what is known of p:
    | a' b' c |      eight numbers, and the inverse in closed form.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from skytract.udf.calibration.side_by_side import side_by_side

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.integer]

PARAMETERS = 5
"""e [mas], u [mas/yr], n [mas], v [mas/yr], p [mas]."""

CHUNK = 1 << 14
"""Detections that are worked on at a time: their columns stay in the processor's cache."""

LANES = 8
"""Parts of the detections whose sums are made apart, then added: side by side, and always alike."""

PADDED = 8
"""Numbers that a star has when it is looked up: 32 bytes are copied faster than 20."""


class StarMotions:
    """The stars of n detections, for weights of these.

    Parameters
    ----------
    star
        Star of each detection, shape (n,).
    years, east, north
        Time, and the displacement per parallax (P, Q), shape (n,).
    information
        What is known of each star's parameters, shape (4, stars): of the inverse covariance of an
        axis the elements of the place, of both, and of the motion; and that of the parallax.
    known
        The inverse covariance times their values, shape (5, stars).
    """

    def __init__(
        self, star: Integers, years: Singles, east: Singles, north: Singles,
        information: Floats, known: Floats,
    ) -> None:  # fmt: skip
        self.star, self.years, self.east, self.north = star, years, east, north
        self.information, self.known = information, known
        edges = np.linspace(0, len(star), LANES + 1).astype(int).tolist()
        self.lanes = [slice(*ends) for ends in pairwise(edges)]

    def weigh(self, weight: Singles, information: Floats | None = None) -> None:
        """Set the weights of the detections [1/mas^2], shape (n,), and of what is known."""
        self.weight = weight
        if information is not None:
            self.information = information

        def moments(part: slice) -> tuple[Floats, ...]:
            w, t, p, q = (
                c[part].astype(float) for c in (weight, self.years, self.east, self.north)
            )
            pw, qw, tw = p * w, q * w, t * w
            return w, tw, t * tw, pw, pw * t, qw, qw * t, pw * p + qw * q

        sums = self._sums(moments, 8, np.float64)
        sums[[0, 1, 2, 7]] += self.information
        one, first, square, pe, pt, qn, qt, both = sums
        determinant = one * square - first * first
        self.axis = square / determinant, -first / determinant, one / determinant
        self.share = *self._solve_axis(pe, pt), *self._solve_axis(qn, qt)
        for taken, by in zip(self.share, (pe, pt, qn, qt), strict=True):
            both -= taken * by
        self.parallax = 1.0 / both

    def _solve_axis(self, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        """Return A^-1 times a vector of two."""
        a, b, c = self.axis
        return a * first + b * second, b * first + c * second

    def _sums(
        self, columns: Callable[[slice], tuple[NDArray[Any], ...]], width: int, kind: type
    ) -> Floats:
        """Return the sums of columns of the detections over each star, shape (width, stars)."""
        stars = self.known.shape[1]

        def lane(rows: slice) -> NDArray[Any]:
            n = rows.stop - rows.start
            table = np.empty((n, width), kind)
            for part in _chunks(rows):
                here = table[part.start - rows.start : part.stop - rows.start]
                for number, column in enumerate(columns(part)):
                    here[:, number] = column
            one_each = np.ones(n, kind), self.star[rows], np.arange(n + 1, dtype=np.int32)
            return np.asarray(csr_matrix(one_each, shape=(n, stars)).T @ table)

        total = np.zeros((stars, width))
        for each in side_by_side(lane, self.lanes):
            total += each
        return np.ascontiguousarray(total.T)

    def project(self, offset: Singles) -> Floats:
        """Return the sums that offsets (2, n) [mas] add to the right-hand sides, (5, stars)."""

        def columns(part: slice) -> tuple[Singles, ...]:
            t = self.years[part]
            e, n = self.weight[part] * offset[:, part]
            return e, e * t, n, n * t, e * self.east[part] + n * self.north[part]

        return self._sums(columns, PARAMETERS, np.float32)

    def solve(self, right: Floats) -> Floats:
        """Return the parameters for right-hand sides, both of shape (5, stars)."""
        axes = *self._solve_axis(*right[:2]), *self._solve_axis(*right[2:4])
        rest = right[4].copy()
        for share, value in zip(self.share, right[:4], strict=True):
            rest -= share * value
        rest *= self.parallax
        for share, value in zip(self.share, axes, strict=True):
            value -= share * rest
        return np.stack([*axes, rest])

    def fit(self, offset: Singles) -> Floats:
        """Return the best parameters for offsets (2, n) of the detections, shape (5, stars)."""
        right = self.project(offset)
        right += self.known
        return self.solve(right)

    def residual(self, offset: Singles, parameters: Floats) -> Singles:
        """Return offsets (2, n) of the detections less what follows from parameters (5, stars)."""
        left = np.empty(offset.shape, np.float32)
        padded = np.zeros((parameters.shape[1], PADDED), np.float32)
        padded[:, :PARAMETERS] = parameters.T

        def lane(rows: slice) -> None:
            for part in _chunks(rows):
                found = padded.take(self.star[part], axis=0, mode="clip")
                for axis, factor in enumerate((self.east[part], self.north[part])):
                    column = found[:, 2 * axis + 1] * self.years[part]
                    column += found[:, 2 * axis]
                    column += factor * found[:, 4]
                    np.subtract(offset[axis, part], column, out=left[axis, part])

        side_by_side(lane, self.lanes)
        return left

    def left(self, field: Singles) -> Singles:
        """Return what stars cannot follow of a field of displacements, shape (2, n)."""
        return self.residual(field, self.solve(self.project(field)))

    @property
    def covariance(self) -> Floats:
        """Covariance of the parameters, shape (stars, 5, 5)."""
        a, b, c = self.axis
        share = -np.stack([*self.share, -np.ones_like(a)], axis=1)
        covariance: Floats = share[:, :, None] * (share * self.parallax[:, None])[:, None, :]
        for axis in (0, 2):
            covariance[:, axis, axis] += a
            covariance[:, axis, axis + 1] += b
            covariance[:, axis + 1, axis] += b
            covariance[:, axis + 1, axis + 1] += c
        return covariance

    @property
    def absorbed(self) -> Floats:
        """Return how many parameters of each star the detections determine, shape (stars,)."""
        place, both, motion, parallax = self.information
        a, b, c = self.axis
        g, h, k, m = self.share
        told = place * (2.0 * a + self.parallax * (g * g + k * k))
        told += 2.0 * both * (2.0 * b + self.parallax * (g * h + k * m))
        told += motion * (2.0 * c + self.parallax * (h * h + m * m)) + parallax * self.parallax
        return np.asarray(5.0 - told)


def _chunks(rows: slice) -> Iterator[slice]:
    """Cut rows where a `CHUNK` is full."""
    for start in range(rows.start, rows.stop, CHUNK):
        yield slice(start, min(start + CHUNK, rows.stop))
