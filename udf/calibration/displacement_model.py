"""Displacements of images: what detectors, visits and the air have in common.

Of a place (x, y) on an image, the displacement in pixels is a polynomial

    d(x, y) = sum_k L_k(x, y) C_k,    C = P_detector + T Q_visit H^T + air

P belongs to a detector; Q [mas] is a polynomial over the field of a visit, T restricts it to the
detector and H turns it to pixels; the air's part is of one image alone (LDM-151 section 8.14.3;
Bernstein et al. 2017, PASP 129, 074503). All three have a width that keeps apart what the stars do
not tell apart.

In the terms that the air has, the parameters are P, Q and C itself, of which the air's part is the
difference: the stars tell C much better than the width of the air does, so that the equations are
well conditioned; for P, Q and the air's part they would take ten times as many iterations.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from skytract.udf.calibration.legendre import degrees, terms

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LARGE = 60_000.0
"""Width [mas] of what pointing and mounting leave: shifts, scale, rotation."""

SMALL = 3_000.0
"""Width [mas] of distortions of the second degree and beyond, against the given WCS."""


class Widths(NamedTuple):
    """Orders of the polynomials, and the width of the air's."""

    detector_order: int
    visit_order: int
    image_order: int
    turbulence_mas: float

    @property
    def order(self) -> int:
        """Order of the polynomial over one image."""
        return max(self.detector_order, self.image_order, 1)


class DisplacementModel:
    """Parameters of m images, and how the polynomials of the images follow from them.

    Parameters
    ----------
    widths
        Orders and widths.
    detector, visit
        Number of both for each image, shape (m,).
    scale
        Of pixels [mas/px].
    to_pixel
        H: d(x, y)/d(xi, eta) at the centre of each image [px/mas], shape (m, 2, 2).
    restrict
        T: a visit's polynomials in terms of those over the image, shape (m, K, Kv).
    """

    def __init__(
        self,
        widths: Widths,
        detector: Integers,
        visit: Integers,
        scale: float,
        to_pixel: Floats,
        restrict: Floats,
    ) -> None:
        self.detector, self.visit = detector, visit
        self.by_detector, self.by_visit = _one_hot(detector), _one_hot(visit)
        self.to_pixel, self.restrict = to_pixel, restrict
        # Products of many small matrices are much faster if each lies in a row.
        self.from_field = np.ascontiguousarray(np.swapaxes(to_pixel, 1, 2))
        wide = [np.where(degrees(o) < 2, LARGE, SMALL) for o in widths[:2]]
        air = np.full(terms(widths.image_order), widths.turbulence_mas / scale)
        self.widths = (wide[0] / scale, wide[1], air)
        counts = detector.max() + 1, visit.max() + 1, len(visit)
        self.shapes = [(n, len(w), 2) for n, w in zip(counts, self.widths, strict=True)]
        self.ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self.shapes)])

    def split(self, parameters: Floats) -> list[Floats]:
        """Return P, Q and C from one list of parameters."""
        return [
            parameters[lo:hi].reshape(shape)
            for lo, hi, shape in zip(self.ends[:-1], self.ends[1:], self.shapes, strict=True)
        ]

    def polynomials(self, parameters: Floats) -> Floats:
        """Return the polynomials of the images, C, shape (m, K, 2) [px]."""
        p, q, own = self.split(parameters)
        if own.shape[1] == self.restrict.shape[1]:
            return own
        return np.concatenate([own, self._common(p, q, slice(own.shape[1], None))], axis=1)

    def _common(self, p: Floats, q: Floats, terms: slice) -> Floats:
        """Return what detectors and visits make of some terms of the polynomials, (m, terms, 2)."""
        c = self.restrict[:, terms] @ (q[self.visit] @ self.from_field)
        by_detector = p[:, terms]
        c[:, : by_detector.shape[1]] += by_detector[self.detector]
        return c

    def collect(self, slopes: Floats) -> Floats:
        """Return derivatives by the parameters from those by C, shape (m, K, 2): the transpose."""
        air = self.shapes[2][1]
        common = self._collect_common(slopes[:, air:], slice(air, None))
        return np.concatenate([common, slopes[:, :air].ravel()])

    def _collect_common(self, slopes: Floats, terms: slice) -> Floats:
        """Return derivatives by P and Q from those by what they make: the transpose."""
        p = np.zeros(self.shapes[0])
        if not slopes.shape[1]:
            return np.zeros(self.ends[2])
        own = p[:, terms]
        own += _sums(self.by_detector, slopes[:, : own.shape[1]])
        q = _sums(
            self.by_visit, np.swapaxes(self.restrict[:, terms], 1, 2) @ slopes @ self.to_pixel
        )
        return np.concatenate([p.ravel(), q.ravel()])

    def regularize(self, parameters: Floats) -> Floats:
        """Return the part of the normal equations that is made of widths, times parameters."""
        p, q, own = self.split(parameters)
        detector, visit, air = (width**-2.0 for width in self.widths)
        shared = slice(0, len(air))
        pull = (own - self._common(p, q, shared)) * air[:, None]
        wide = [(p * detector[:, None]).ravel(), (q * visit[:, None]).ravel()]
        common = np.concatenate(wide) - self._collect_common(pull, shared)
        return np.concatenate([common, pull.ravel()])

    def whitener(self, moments: Floats) -> list[Floats]:
        """Return, for P, Q and C, inverse Cholesky factors of the blocks of the normal equations.

        Parameters
        ----------
        moments
            Sum of w L_k L_l over each image's detections, shape (m, K, K) [px^-2].
        """
        k, air = self.shapes[0][1], self.shapes[2][1]
        area = np.abs(np.linalg.det(self.to_pixel))[:, None, None]
        pull = moments.copy()
        pull[:, :air], pull[:, :, :air] = 0.0, 0.0
        pull[:, np.arange(air), np.arange(air)] = self.widths[2] ** -2.0
        restricted = np.swapaxes(self.restrict, 1, 2) @ pull @ self.restrict
        blocks = [
            _sums(self.by_detector, pull[:, :k, :k]),
            _sums(self.by_visit, area * restricted),
            moments[:, :air, :air].copy(),
        ]
        for block, width in zip(blocks, self.widths, strict=True):
            block += np.diag(width**-2.0)
        return [np.asarray(np.linalg.inv(np.linalg.cholesky(b)), float) for b in blocks]

    def whiten(self, factors: list[Floats], parameters: Floats, transposed: bool) -> Floats:
        """Multiply parameters by block factors, or by their transposes."""
        own = [np.swapaxes(f, 1, 2) if transposed else f for f in factors]
        parts = zip(own, self.split(parameters), strict=True)
        return np.concatenate([(f @ part).ravel() for f, part in parts])


def _one_hot(group: Integers) -> csr_matrix:
    """Return the matrix that sums images by their group, shape (groups, m)."""
    shape = (int(group.max()) + 1, len(group))
    return csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))), shape=shape)


def _sums(by_group: csr_matrix, values: Floats) -> Floats:
    """Return the sums of values (m, ...) by group, shape (groups, ...)."""
    sums = by_group @ values.reshape(len(values), -1)
    return np.asarray(sums, float).reshape(by_group.shape[0], *values.shape[1:])
