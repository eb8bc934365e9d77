"""Stars of a joint fit: five parameters each, eliminated from the normal equations exactly.

A detection of a star lies, from the star's place, at (e + u t + p P, n + v t + p Q) to the east and
north: position, proper motion and parallax, with t the time and (P, Q) the displacement by the
Earth's way. What is known beforehand of the five has a weight of its own: the catalog's errors for
reference stars, what stars do at most for all others.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PARAMETERS = 5
"""e [mas], u [mas/yr], n [mas], v [mas/yr], p [mas]."""


class StarMotions:
    """The stars of n detections, for weights of these.

    Parameters
    ----------
    star
        Star of each detection, shape (n,).
    years, east, north
        Time, and the displacement per parallax (P, Q), shape (n,).
    information
        Inverse covariance of what is known of each star's parameters, shape (stars, 5, 5).
    known
        `information` times their values, shape (stars, 5).
    """

    def __init__(
        self,
        star: Integers,
        years: Floats,
        east: Floats,
        north: Floats,
        information: Floats,
        known: Floats,
    ) -> None:
        self.star, self.years, self.east, self.north = star, years, east, north
        self.information, self.known = information, known

    def weigh(self, weight: Floats, information: Floats | None = None) -> None:
        """Set the weights of the detections [1/mas^2], shape (n,), and of what is known."""
        self.weight = weight
        if information is not None:
            self.information = information
        t, p, q = self.years, self.east, self.north
        one, first, square = (self._sum(weight * k) for k in (1.0, t, t * t))
        pe, pt, qn, qt = (self._sum(weight * k) for k in (p, p * t, q, q * t))
        normal = self.information.copy()
        for axis, by_axis, by_time in ((0, pe, pt), (2, qn, qt)):
            normal[:, axis, axis] += one
            normal[:, axis, axis + 1] += first
            normal[:, axis + 1, axis] += first
            normal[:, axis + 1, axis + 1] += square
            for place, value in ((axis, by_axis), (axis + 1, by_time)):
                normal[:, place, 4] += value
                normal[:, 4, place] += value
        normal[:, 4, 4] += self._sum(weight * (p * p + q * q))
        self.covariance: Floats = np.asarray(np.linalg.inv(normal), float)

    def _sum(self, values: Floats) -> Floats:
        """Return the sums of values by star."""
        return np.asarray(np.bincount(self.star, values, len(self.information)), float)

    def project(self, offset: Floats) -> Floats:
        """Return the sums that offsets (n, 2) [mas] add to the right-hand sides, (stars, 5)."""
        e, n = self.weight * offset[:, 0], self.weight * offset[:, 1]
        sums = np.empty((len(self.information), 5))
        for number, part in ((0, e), (2, n)):
            sums[:, number], sums[:, number + 1] = self._sum(part), self._sum(part * self.years)
        e *= self.east
        n *= self.north
        e += n
        sums[:, 4] = self._sum(e)
        return sums

    def fit(self, offset: Floats) -> Floats:
        """Return the best parameters for offsets (n, 2) of the detections, shape (stars, 5)."""
        right = self.project(offset) + self.known
        self.found = np.asarray(np.einsum("sij,sj->si", self.covariance, right))
        return self.found

    def predict(self, parameters: Floats) -> Floats:
        """Return the offsets (n, 2) of the detections that follow from parameters."""
        offset = np.empty((len(self.star), 2))
        parallax = parameters[:, 4][self.star]
        for axis, factor in ((0, self.east), (1, self.north)):
            column = parameters[:, 2 * axis + 1][self.star]
            column *= self.years
            column += parameters[:, 2 * axis][self.star]
            column += parallax * factor
            offset[:, axis] = column
        return offset

    def left(self, field: Floats) -> Floats:
        """Return what stars cannot follow of a field of displacements, shape (n, 2)."""
        followed = np.einsum("sij,sj->si", self.covariance, self.project(field))
        left = self.predict(followed)
        return np.subtract(field, left, out=left)

    @property
    def absorbed(self) -> Floats:
        """Return how many parameters of each star the detections determine, shape (stars,)."""
        return np.asarray(5.0 - np.einsum("sij,sji->s", self.covariance, self.information))
