"""Normal equations of zero points and star flats, from which the stars are eliminated exactly.

Observation o of star s in image z, on detector f, has the residual y_o + (J p)_o - m_s, with p the
changes of zero points and star flats, and weight w_o; the star's magnitude m_s may be known beside
that, with weight w_s. For given p the best m_s are weighted means, and what is left is

    A p = b,    A = N - V^T S^-1 V,    N = J^T W J,    S_s = w_s + sum_o w_o,
    V = rows of W J summed by star,    b = -J^T W (y - means)

(Padmanabhan et al. 2008, ApJ 674, 1217, solve the whole). V has an element per observation and
parameter it depends on; N is dense in blocks of one image, or of one detector.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from skytract.udf.calibration.star_flat import TERMS, flat_terms

Array = NDArray[np.float64]
Integers = NDArray[np.int32]

CHUNK = 1 << 15
"""Observations whose star-flat terms are held at a time: they fit into a cache."""

FLAT_PRIOR = 0.05
"""Star flats are small: amplitudes this large cost as much as one standard deviation, which
matters only where a detector's stars do not tell."""

MAG = 2.5 / np.log(10.0)
"""Magnitudes per relative change of a flux."""


class Observations(NamedTuple):
    """Measurements of stars, n of them; those of a star follow each other."""

    star: Integers
    """Star of each, ascending."""
    image: Integers
    """Image (visit and detector) of each."""
    magnitude: Array
    """-2.5 log10 of the counts in the standard passband."""
    error: Array
    """1-sigma random error [mag]."""
    u: Array
    """Place on the detector from -1 to 1; empty if no star flats are wanted."""
    v: Array
    """The same, in the other direction."""
    detector: Integers
    """Star flat that each image has, shape (images,)."""


class Anchors(NamedTuple):
    """What is known of the stars beforehand, shape (stars,)."""

    magnitude: Array
    """Their magnitudes, 0 where unknown."""
    weight: Array
    """1 / error^2 [mag^-2], 0 where unknown."""


class Parameters(NamedTuple):
    """What is sought."""

    zero_point: Array
    """AB magnitude of one count, shape (images,)."""
    flat: Array
    """Amplitudes of `flat_terms`, shape (detectors, 9), or (detectors, 0)."""


def star_means(y: Array, weight: Array, obs: Observations, anchors: Anchors) -> Array:
    """Return the best magnitudes of stars, NaN for those without any weight, shape (stars,)."""
    stars = len(anchors.weight)
    total = np.bincount(obs.star, weight, stars) + anchors.weight
    above = np.bincount(obs.star, weight * y, stars) + anchors.weight * anchors.magnitude
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(total > 0.0, above / total, np.nan))


def calibrated(obs: Observations, now: Parameters) -> Array:
    """Return the magnitude of each observation, by zero points and star flats."""
    y = obs.magnitude + now.zero_point[obs.image]
    if now.flat.shape[1]:
        for part in _chunks(len(y)):
            g = 1.0 + _perturbation(obs, now, part, flat_terms(obs.u[part], obs.v[part]))
            y[part] -= 2.5 * np.log10(g)
    return y


def _perturbation(obs: Observations, now: Parameters, part: slice, terms: Array) -> Array:
    """Return g - 1 of some observations."""
    return np.asarray(np.einsum("nk,nk->n", terms, now.flat[obs.detector[obs.image[part]]]))


def row_sums(at: Integers, values: Array, size: int) -> Array:
    """Return the sums of rows by their numbers: values (n, k) give (size, k).

    Examples
    --------
    >>> row_sums(np.array([0, 2, 0]), np.array([[1.0], [2.0], [3.0]]), 3).ravel()
    array([4., 0., 2.])
    """
    n = len(at)
    return np.asarray(csc_matrix((np.ones(n), at, np.arange(n + 1)), shape=(size, n)) @ values)


def _chunks(n: int) -> list[slice]:
    return [slice(lo, lo + CHUNK) for lo in range(0, n, CHUNK)]


class ReducedEquations:
    """A and b of zero points and star flats about the present ones."""

    def __init__(
        self,
        obs: Observations,
        anchors: Anchors,
        now: Parameters,
        y: Array,
        weight: Array,
    ) -> None:
        """Build V and the blocks of N; `y` is `calibrated`, `weight` 1 / error^2 or 0."""
        self.detector = obs.detector
        self.images, (self.detectors, terms) = len(obs.detector), now.flat.shape
        stars, n = len(anchors.weight), len(y)
        total = np.bincount(obs.star, weight, stars) + anchors.weight
        self.inverse = np.divide(1.0, total, out=np.zeros(stars), where=total > 0.0)
        means = star_means(y, weight, obs, anchors)
        pull = weight * (y - np.nan_to_num(means)[obs.star])
        self.by_image = np.bincount(obs.image, weight, self.images)
        self.mixed = np.zeros((self.images, terms))
        self.by_detector = np.zeros((self.detectors, terms, terms))
        self.by_detector += np.eye(terms) / FLAT_PRIOR**2
        flat_right = -now.flat / FLAT_PRIOR**2
        columns = np.empty((n, 1 + terms), np.int32)
        values = np.empty((n, 1 + terms))
        columns[:, 0], values[:, 0] = obs.image, weight
        if terms:
            for part in _chunks(n):
                slopes = self._slopes(obs, now, part)
                first = self.images + terms * obs.detector[obs.image[part]]
                columns[part, 1:] = first[:, None] + np.arange(terms, dtype=np.int32)
                values[part, 1:] = weighted = weight[part, None] * slopes
                self._add_blocks(obs.image[part], weighted, slopes)
                at = obs.detector[obs.image[part]]
                flat_right -= row_sums(at, pull[part, None] * slopes, self.detectors)
        each = np.bincount(obs.star, minlength=stars) * (1 + terms)
        rows = np.concatenate([[0], np.cumsum(each)])
        shape = (stars, self.images + self.detectors * terms)
        self.v = csr_matrix((values.ravel(), columns.ravel(), rows), shape=shape)
        self.right = np.concatenate(
            [-np.bincount(obs.image, pull, self.images), flat_right.ravel()]
        )

    def _slopes(self, obs: Observations, now: Parameters, part: slice) -> Array:
        """Return the derivatives of magnitudes by the amplitudes of the star flat."""
        terms = flat_terms(obs.u[part], obs.v[part])
        return np.asarray(-MAG / (1.0 + _perturbation(obs, now, part, terms))[:, None] * terms)

    def _add_blocks(self, image: Integers, weighted: Array, slopes: Array) -> None:
        """Add the products of some observations to the blocks of N."""
        self.mixed += row_sums(image, weighted, self.images)
        detector = self.detector[image]
        for k in range(TERMS):
            self.by_detector[:, k] += row_sums(
                detector, weighted[:, k, None] * slopes, self.detectors
            )

    @property
    def diagonal(self) -> Array:
        """Diagonal of N, positive: the preconditioner."""
        blocks = np.einsum("fkk->fk", self.by_detector).ravel()
        return np.concatenate([np.where(self.by_image > 0.0, self.by_image, 1.0), blocks])

    def apply(self, x: Array) -> Array:
        """Return A x."""
        zero, flat = x[: self.images], x[self.images :].reshape(self.detectors, -1)
        image = self.by_image * zero + np.einsum("zk,zk->z", self.mixed, flat[self.detector])
        detector = np.einsum("fkl,fl->fk", self.by_detector, flat)
        if flat.size:
            detector += row_sums(self.detector, self.mixed * zero[:, None], self.detectors)
        whole = np.concatenate([image, detector.ravel()])
        return np.asarray(whole - self.v.T @ (self.inverse * (self.v @ x)))
