"""Normal equations of zero points and star flats, from which the stars are eliminated exactly.

Observation o of star s in image z, on detector f, has the residual y_o + (J p)_o - m_s, with p the
changes of zero points and star flats, and weight w_o; the star's magnitude m_s may be known beside
that, with weight w_s. For given p the best m_s are weighted means, and what is left is

    A p = b,    A p = J^T W (J p - means of J p),    b = -J^T W (y - means of y)

(Padmanabhan et al. 2008, ApJ 674, 1217, solve the whole). A is never made: observations lie image
by image and detector by detector, so that J and its transpose are sums over what lies together,
and only the means of stars are sought all over memory.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from skytract.udf.calibration.star_flat import flat_terms

Array = NDArray[np.float64]
Integers = NDArray[np.int32]
Floats = NDArray[np.floating]

CHUNK = 1 << 15
"""Observations that are worked on at a time: what is made of them fits into a cache."""

FLAT_PRIOR = 0.05
"""Star flats are small: amplitudes this large cost as much as one standard deviation, which
matters only where a detector's stars do not tell."""

MAG = 2.5 / np.log(10.0)
"""Magnitudes per relative change of a flux."""


class Observations(NamedTuple):
    """Measurements of stars, n of them; those of an image follow each other."""

    star: Integers
    """Star of each."""
    image: Integers
    """Image (visit and detector) of each, ascending."""
    magnitude: Array
    """-2.5 log10 of the counts in the standard passband."""
    error: Array
    """1-sigma random error [mag]."""
    u: Floats
    """Place on the detector from -1 to 1; empty if no star flats are wanted."""
    v: Floats
    """The same, in the other direction."""
    detector: Integers
    """Star flat that each image has, ascending, shape (images,)."""


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
    total = sums_by_star(obs, weight, stars) + anchors.weight
    above = sums_by_star(obs, weight * y, stars) + anchors.weight * anchors.magnitude
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(total > 0.0, above / total, np.nan))


def by_image(obs: Observations, values: NDArray[Any], stars: int) -> csr_matrix:
    """Return a number of each observation as a matrix of images and stars, without copying it."""
    first = np.searchsorted(obs.image, np.arange(len(obs.detector) + 1, dtype=np.int32))
    return csr_matrix((values, obs.star, first.astype(np.int32)), shape=(len(obs.detector), stars))


def sums_by_star(obs: Observations, values: Array, stars: int) -> Array:
    """Return the sums of a number of each observation, shape (stars,).

    A product of matrices takes a third of the time of numpy.bincount, which copies the stars.
    """
    return np.asarray(by_image(obs, values, stars).T @ np.ones(len(obs.detector)))


class StarOrder:
    """Observations star by star."""

    def __init__(self, obs: Observations, stars: int) -> None:
        """Sort them."""
        numbers = np.arange(len(obs.star), dtype=np.int32)
        by_star = by_image(obs, numbers, stars).tocsc()
        self.rows = by_star.data
        """Those of the first star that has any, image by image, then those of the next."""
        every = np.diff(by_star.indptr)
        self.count = every[every > 0]
        """How many each star that has any has."""
        self.starts = np.cumsum(self.count) - self.count
        """First row of each."""

    def chunks(self) -> Iterator[tuple[slice, Integers]]:
        """Cut between stars where a `CHUNK` is full: yield rows, and how many each star has."""
        edges = np.flatnonzero(np.diff(self.starts // CHUNK, prepend=-1, append=-1)).tolist()
        for lo, hi in pairwise(edges):
            count = self.count[lo:hi]
            yield slice(self.starts[lo], self.starts[lo] + count.sum()), count


class Part(NamedTuple):
    """Observations that follow each other, of some images of one detector."""

    detector: int
    rows: slice
    images: Integers
    """Those that have observations, ascending."""
    counts: NDArray[np.int64]
    """How many each of them has."""
    starts: NDArray[np.int64]
    """First of each, counted from the first of the part."""


def parts(obs: Observations) -> Iterator[Part]:
    """Cut observations between images, where the detector changes or a `CHUNK` is full.

    Examples
    --------
    >>> none, detector = np.zeros(0), np.array([0, 0, 1], np.int32)
    >>> image = np.array([0, 0, 1, 2], np.int32)
    >>> obs = Observations(image, image, none, none, none, none, detector)
    >>> [(part.detector, part.images.tolist(), part.rows.stop) for part in parts(obs)]
    [(0, [0, 1], 3), (1, [2], 4)]
    """
    count = np.bincount(obs.image, minlength=len(obs.detector))
    images = np.flatnonzero(count).astype(np.int32)
    first, detector = (np.cumsum(count) - count)[images], obs.detector[images]
    new = (np.diff(first // CHUNK) != 0) | (np.diff(detector) != 0)
    edges = np.concatenate([[0], np.flatnonzero(new) + 1, [len(images)]]).tolist()
    ends = np.append(first, len(obs.image)).tolist()
    for lo, hi in pairwise(edges):
        some, rows = images[lo:hi], slice(ends[lo], ends[hi])
        yield Part(int(detector[lo]), rows, some, count[some], first[lo:hi] - first[lo])


def calibrated(obs: Observations, now: Parameters) -> Array:
    """Return the magnitude of each observation, by zero points and star flats."""
    y = obs.magnitude + now.zero_point[obs.image]
    if now.flat.shape[1]:
        for part in parts(obs):
            terms = flat_terms(obs.u[part.rows], obs.v[part.rows])
            y[part.rows] -= 2.5 * np.log10(1.0 + terms @ now.flat[part.detector])
    return y


class ReducedEquations:
    """A and b of zero points and star flats about the present ones.

    Slopes are of single precision: their products are sought for a step alone, which is small, and
    b is made anew from the parameters after it.
    """

    def __init__(
        self,
        obs: Observations,
        anchors: Anchors,
        now: Parameters,
        y: Array,
        weight: Array,
    ) -> None:
        """Find slopes and b; `y` is `calibrated`, `weight` 1 / error^2 or 0."""
        self.obs, self.weight, self.parts = obs, weight, list(parts(obs))
        self.images, (self.detectors, terms) = len(obs.detector), now.flat.shape
        stars = len(anchors.weight)
        self.by_image = by_image(obs, weight, stars)
        self.own = self.by_image @ np.ones(stars)
        total = sums_by_star(obs, weight, stars) + anchors.weight
        self.inverse = np.divide(1.0, total, out=np.zeros(stars), where=total > 0.0)
        self.slopes = [flat_slopes(obs, now, part) for part in self.parts] if terms else []
        by_flat = np.full((self.detectors, terms), FLAT_PRIOR**-2)
        for part, slopes in zip(self.parts, self.slopes, strict=False):
            by_flat[part.detector] += slopes.astype(float) ** 2 @ weight[part.rows]
        self.diagonal = np.concatenate([np.where(self.own > 0.0, self.own, 1.0), by_flat.ravel()])
        """That of J^T W J, positive: the preconditioner."""
        self.pull = weight * y
        self.pulls = by_image(obs, self.pull, stars).T  # what is in `pull`, now and later
        above = self.pulls @ np.ones(self.images) + anchors.weight * anchors.magnitude
        self.right = -self._transposed(self.inverse * above, now.flat)

    def apply(self, x: Array) -> Array:
        """Return A x."""
        zero, flat = x[: self.images], x[self.images :].reshape(self.detectors, -1)
        if not self.slopes:
            means = self.inverse * (self.by_image.T @ zero)
            return np.asarray(self.own * zero - self.by_image @ means)
        single = flat.astype(np.float32)
        for part, slopes in zip(self.parts, self.slopes, strict=True):
            change = np.repeat(zero[part.images], part.counts)
            change += single[part.detector] @ slopes
            np.multiply(change, self.weight[part.rows], out=self.pull[part.rows])
        means = self.inverse * (self.pulls @ np.ones(self.images))
        return self._transposed(means, flat)

    def _transposed(self, means: Array, flat: Array) -> Array:
        """Return J^T (pull - W means), and the prior's part of star flats."""
        image, by_flat = np.zeros(self.images), flat / FLAT_PRIOR**2
        for number, part in enumerate(self.parts):
            off = np.take(means, self.obs.star[part.rows])
            off *= self.weight[part.rows]
            np.subtract(self.pull[part.rows], off, out=off)
            image[part.images] = np.add.reduceat(off, part.starts)
            if self.slopes:
                by_flat[part.detector] += self.slopes[number] @ off.astype(np.float32)
        return np.concatenate([image, by_flat.ravel()])


def flat_slopes(obs: Observations, now: Parameters, part: Part) -> NDArray[np.float32]:
    """Return the derivatives of magnitudes by the amplitudes of the star flat, shape (9, n)."""
    terms = flat_terms(obs.u[part.rows], obs.v[part.rows])
    slopes = -MAG / (1.0 + terms @ now.flat[part.detector])[:, None] * terms
    return np.ascontiguousarray(slopes.T, np.float32)
