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

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.integer]

PARAMETERS = 5
"""e [mas], u [mas/yr], n [mas], v [mas/yr], p [mas]."""

CHUNK = 1 << 14
"""Detections that are worked on at a time: their columns stay in the processor's cache."""


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

    def weigh(self, weight: Singles, information: Floats | None = None) -> None:
        """Set the weights of the detections [1/mas^2], shape (n,), and of what is known."""
        self.weight = weight
        if information is not None:
            self.information = information
        sums = np.zeros((8, self.known.shape[1]))
        for part, star, (t, p, q) in self._parts():
            w = weight[part].astype(float)
            pw, qw = p * w, q * w
            values = (w, w * t, w * t * t, pw, pw * t, qw, qw * t, pw * p + qw * q)
            for total, value in zip(sums, values, strict=True):
                np.add.at(total, star, value)
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

    def _parts(self) -> Iterator[tuple[slice, NDArray[np.intp], list[Floats]]]:
        """Yield a stretch of detections, their stars, and their years, P and Q."""
        for start in range(0, len(self.star), CHUNK):
            part = slice(start, start + CHUNK)
            columns = [c[part].astype(float) for c in (self.years, self.east, self.north)]
            yield part, self.star[part].astype(np.intp), columns

    def project(self, offset: Singles) -> Floats:
        """Return the sums that offsets (2, n) [mas] add to the right-hand sides, (5, stars)."""
        sums = np.zeros_like(self.known)
        for part, star, (t, p, q) in self._parts():
            e, n = self.weight[part] * offset[:, part].astype(float)
            for total, value in zip(sums, (e, e * t, n, n * t, e * p + n * q), strict=True):
                np.add.at(total, star, value)
        return sums

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
        for part, star, (t, p, q) in self._parts():
            parallax = parameters[4].take(star)
            for axis, factor in ((0, p), (1, q)):
                column = parameters[2 * axis + 1].take(star)
                column *= t
                column += parameters[2 * axis].take(star)
                factor *= parallax
                column += factor
                np.subtract(offset[axis, part], column, out=left[axis, part], casting="same_kind")
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
