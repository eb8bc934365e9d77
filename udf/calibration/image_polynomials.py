"""The polynomials over the images of a joint astrometric fit, at their detections.

They are kept in single precision: of displacements of arcseconds that is 1e-4 mas.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.legendre import legendre, terms
from skytract.udf.calibration.side_by_side import side_by_side

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.integer]
Column = NDArray[np.floating]

CHUNK = 1 << 14
"""Detections that are worked on at a time, about: their columns stay in the processor's cache."""


class Run(NamedTuple):
    """Images with equally many detections, N of each of g."""

    images: slice
    """Which, in the order of the detections."""
    rows: slice
    """Their detections."""
    terms: Singles
    """The polynomials there, shape (g, K, N)."""


class ImagePolynomials:
    """Polynomials of m images at their n detections.

    Parameters
    ----------
    order
        Order of the polynomials.
    images
        m.
    image
        Image of each detection, shape (n,). Those of an image lie together; where the next image
        has as many, one product of matrices does for both (`by_image`).
    u, v
        Places of the detections from -1 to 1, shape (n,).
    to_sky
        d(east, north)/d(x, y) there [mas/px], shape (2, 2, n).
    """

    def __init__(
        self, order: int, images: int, image: Integers, u: Column, v: Column, to_sky: Singles
    ) -> None:
        first = np.flatnonzero(np.diff(image, prepend=-1))
        self.images, self.own, self.to_sky = images, image[first], to_sky
        self.shape = terms(order), 2
        every = np.empty(self.shape[0] * len(u), np.float32)
        self.runs = list(_runs(np.append(first, len(image)), every))
        for run in self.runs:
            here = legendre(order, *(c[run.rows].astype(float) for c in (u, v)))
            count = run.terms.shape[::2]
            run.terms[:] = np.swapaxes(here.reshape(*count, -1), 1, 2)

    def displace(self, polynomials: Floats) -> Singles:
        """Return the displacements of the detections on the sky, shape (2, n) [mas]."""
        field = np.empty(self.to_sky.shape[1:], np.float32)
        single = np.ascontiguousarray(np.swapaxes(polynomials[self.own], 1, 2), np.float32)

        def work(run: Run) -> None:
            x, y = np.swapaxes(single[run.images] @ run.terms, 0, 1)
            for axis, (by_x, by_y) in enumerate(self.to_sky[:, :, run.rows]):
                place = field[axis, run.rows].reshape(x.shape)
                np.multiply(by_x.reshape(x.shape), x, out=place)
                place += by_y.reshape(x.shape) * y

        side_by_side(work, self.runs)
        return field

    def sum(self, field: Singles, weight: Singles) -> Floats:
        """Return the sums of w L_k times a field (2, n), shape (m, K, 2): the transpose."""
        own = np.empty((len(self.own), *self.shape[::-1]), np.float32)

        def work(run: Run) -> None:
            east, north = weight[run.rows] * field[:, run.rows]
            pixels = self.to_sky[0, :, run.rows] * east
            pixels += self.to_sky[1, :, run.rows] * north
            each = np.swapaxes(pixels.reshape(2, *run.terms.shape[::2]), 0, 1)
            np.matmul(each, np.swapaxes(run.terms, 1, 2), out=own[run.images])

        side_by_side(work, self.runs)
        sums = np.zeros((self.images, *self.shape))
        sums[self.own] = np.swapaxes(own, 1, 2)
        return sums

    def moments(self, weight: Singles) -> Floats:
        """Return the sums of w L_k L_l, shape (m, K, K) [px^-2], for weights [mas^-2]."""
        moments = np.zeros((self.images, *2 * self.shape[:1]))

        def work(run: Run) -> None:
            (ex, ey), (nx, ny) = self.to_sky[:, :, run.rows]
            area = weight[run.rows] * np.abs(ex * ny - ey * nx)
            each = run.terms.astype(float)
            weighted = each * area.reshape(len(each), 1, -1)
            moments[self.own[run.images]] = weighted @ np.swapaxes(each, 1, 2)

        side_by_side(work, self.runs)
        return moments


def by_image(image: Integers, star: Integers) -> NDArray[np.int64]:
    """Return an order of detections for `ImagePolynomials`, shape (n,).

    Images with equally many detections follow each other, and the stars in each ascend: the order
    does not depend on that in which detections come, unless an image has two of a star.

    Examples
    --------
    >>> by_image(np.array([7, 8, 9, 8, 7]), np.array([4, 5, 6, 2, 3])).tolist()
    [2, 4, 0, 3, 1]
    """
    count = np.bincount(image)
    rank = np.empty(len(count), np.int64)
    rank[np.lexsort((np.arange(len(count)), count))] = np.arange(len(count))
    return np.asarray(
        np.argsort(rank[image] * (int(star.max(initial=0)) + 1) + star, kind="stable")
    )


def _runs(ends: Integers, terms: Singles) -> Iterator[Run]:
    """Cut images where the number of detections changes or a `CHUNK` is full.

    Parameters
    ----------
    ends
        Where detections of each image begin, and where the last ones end.
    terms
        Room for the polynomials.
    """
    count = np.diff(ends)
    new = (np.diff(count) != 0) | (np.diff(ends[:-1] // CHUNK) != 0)
    for lo, hi in pairwise(np.concatenate([[0], np.flatnonzero(new) + 1, [len(count)]]).tolist()):
        k, rows = len(terms) // ends[-1], slice(ends[lo], ends[hi])
        block = terms[k * rows.start : k * rows.stop].reshape(hi - lo, k, -1)
        yield Run(slice(lo, hi), rows, block)
