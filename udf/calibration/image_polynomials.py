"""The polynomials over the images of a joint astrometric fit, at their detections.

They are kept in single precision: of displacements of arcseconds that is 1e-4 mas.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.legendre import legendre, terms

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.integer]
Group = tuple[slice, list[tuple[int, slice]]]

CHUNK = 1 << 14
"""Detections whose columns are worked on at a time, about."""


class ImagePolynomials:
    """Polynomials of m images at their n detections, which follow each other image by image.

    Parameters
    ----------
    order
        Order of the polynomials.
    first
        Where the detections of each image begin, and where the last ones end, shape (m + 1,).
    u, v
        Places of the detections from -1 to 1, shape (n,).
    to_sky
        d(east, north)/d(x, y) there [mas/px], shape (2, 2, n).
    """

    def __init__(self, order: int, first: Integers, u: Floats, v: Floats, to_sky: Singles) -> None:
        self.first, self.to_sky = first, to_sky
        self.terms = np.empty((terms(order), len(u)), np.float32)
        for start in range(0, len(u), CHUNK):
            part = slice(start, start + CHUNK)
            self.terms[:, part] = legendre(order, u[part], v[part]).T
        ends = np.searchsorted(first, np.arange(CHUNK, first[-1] + CHUNK, CHUNK), "right") - 1
        edges = np.unique([0, *ends, len(first) - 1])
        self.groups = [self._group(lo, hi) for lo, hi in pairwise(edges)]

    def _group(self, lo: int, hi: int) -> Group:
        """Return the detections of some images, and which of these are those of each image."""
        start = self.first[lo]
        ends = (self.first[lo : hi + 1] - start).tolist()
        own = [(lo + i, slice(*ends[i : i + 2])) for i in range(hi - lo)]
        return slice(start, self.first[hi]), own

    def displace(self, polynomials: Floats) -> Singles:
        """Return the displacements of the detections on the sky, shape (2, n) [mas]."""
        field = np.empty(self.to_sky.shape[1:], np.float32)
        single = np.ascontiguousarray(np.swapaxes(polynomials, 1, 2), np.float32)
        for part, images in self.groups:
            terms = self.terms[:, part]
            pixels = np.empty((2, terms.shape[1]), np.float32)
            for image, own in images:
                np.matmul(single[image], terms[:, own], out=pixels[:, own])
            for axis, to_sky in enumerate(self.to_sky[:, :, part]):
                field[axis, part] = (to_sky * pixels).sum(axis=0)
        return field

    def sum(self, field: Singles, weight: Singles) -> Floats:
        """Return the sums of w L_k times a field (2, n), shape (m, K, 2): the transpose."""
        sums = np.zeros((len(self.first) - 1, 2, len(self.terms)), np.float32)
        for part, images in self.groups:
            terms = self.terms[:, part]
            east, north = weight[part] * field[:, part]
            pixels = self.to_sky[0, :, part] * east
            pixels += self.to_sky[1, :, part] * north
            for image, own in images:
                np.matmul(pixels[:, own], terms[:, own].T, out=sums[image])
        return np.swapaxes(sums, 1, 2).astype(float)

    def moments(self, weight: Singles) -> Floats:
        """Return the sums of w L_k L_l, shape (m, K, K) [px^-2], for weights [mas^-2]."""
        moments = np.zeros((len(self.first) - 1, *2 * [len(self.terms)]))
        for part, images in self.groups:
            terms = self.terms[:, part].astype(float)
            (ex, ey), (nx, ny) = self.to_sky[:, :, part]
            weighted = terms * (weight[part] * np.abs(ex * ny - ey * nx))
            for image, own in images:
                np.matmul(weighted[:, own], terms[:, own].T, out=moments[image])
        return moments
