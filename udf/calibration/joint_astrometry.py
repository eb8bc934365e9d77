"""One astrometric solution for all images of a part of the sky (LDM-151, section 8.14.3).

Detections of the same stars in many images, and a reference catalog for some of the stars, give
the displacements of every image (`displacement_model`) and the positions, proper motions and
parallaxes of the stars (`star_motions`) at once: a linear least-squares problem of millions of
parameters, from which the stars are eliminated exactly, and the rest is solved by conjugate
gradients.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.conjugate_gradient import conjugate_gradient
from skytract.udf.calibration.displacement_model import DisplacementModel
from skytract.udf.calibration.legendre import legendre
from skytract.udf.calibration.star_motions import StarMotions

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

CLIP = 5.0
"""Detections and reference stars this many standard deviations off are left out."""

SOFT = 2.4
"""Until outliers are known, weights fall beyond so many standard deviations (Cauchy's function)."""

SOFT_ROUNDS, ROUNDS = 3, 8
"""Rounds with soft weights, and all rounds at most; the choice of detections settles in a few."""

JUDGEMENTS = 2
"""Steps, in each round, by which a star finds its place among outliers."""

SETTLED = 1e-4
"""Part of the detections that may change sides in the last round."""

TOLERANCE = 1e-2
"""Norm of what is left of the equations, per root of their number, in units of one sigma."""


UNKNOWN = np.array([1e5, 20.0, 1e5, 20.0, 3.0])
"""Widths [mas, mas/yr] of positions, proper motions and parallaxes of stars without a reference."""


class Fit(NamedTuple):
    """What was found, for m images, S stars and n detections."""

    polynomials: Floats
    """Displacement of each image [px], shape (m, K, 2)."""
    stars: Floats
    """Parameters of each star (`StarMotions`), shape (S, 5)."""
    residual: Floats
    """Detections less stars [mas], shape (n, 2)."""
    used: Booleans
    """Detections that were not clipped, shape (n,)."""
    anchored: Booleans
    """Stars whose reference star was not clipped, shape (S,)."""
    iterations: int
    """Of conjugate gradients, in all rounds."""


class Images:
    """The polynomials over the images, at the detections of each.

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

    def __init__(self, order: int, first: Integers, u: Floats, v: Floats, to_sky: Floats) -> None:
        self.terms, self.to_sky = legendre(order, u, v), to_sky
        self.parts = [slice(lo, hi) for lo, hi in pairwise(first)]

    def displace(self, polynomials: Floats) -> Floats:
        """Return the displacements of the detections on the sky, shape (n, 2) [mas]."""
        pixels = np.empty((len(self.terms), 2))
        for part, own in zip(self.parts, polynomials, strict=True):
            np.matmul(self.terms[part], own, out=pixels[part])
        (ex, ey), (nx, ny) = self.to_sky
        x, y = pixels.T
        return np.stack([ex * x + ey * y, nx * x + ny * y], axis=1)

    def sum(self, field: Floats) -> Floats:
        """Return the sums of L_k times a field (n, 2), shape (m, K, 2): the transpose."""
        (ex, ey), (nx, ny) = self.to_sky
        e, n = field.T
        pixels = np.stack([ex * e + nx * n, ey * e + ny * n], axis=1)
        return np.stack([self.terms[part].T @ pixels[part] for part in self.parts])

    def moments(self, weight: Floats) -> Floats:
        """Return the sums of w L_k L_l, shape (m, K, K) [px^-2], for weights [mas^-2]."""
        (ex, ey), (nx, ny) = self.to_sky
        w = (weight * np.abs(ex * ny - ey * nx))[:, None]
        return np.stack([(self.terms[part] * w[part]).T @ self.terms[part] for part in self.parts])


def fit_joint_astrometry(
    images: Images,
    model: DisplacementModel,
    stars: StarMotions,
    offset: Floats,
    error: Floats,
    fitted: Booleans,
    anchor: Floats,
) -> Fit:
    """Fit displacements and stars together, without outliers.

    Parameters
    ----------
    images, model, stars
        Detections on their images, parameters of these, and detections of the stars.
    offset
        Detections less their stars' places, by the WCS that is displaced, shape (n, 2) [mas].
    error
        1-sigma error of the detections per axis, shape (n,) [mas].
    fitted
        Whether a star takes part in the fit; the others are told their parameters, shape (S,).
    anchor
        1-sigma error of the reference star's position, NaN where there is none, shape (S,) [mas].

    Returns
    -------
    Fit
        Stars that take no part have parameters by the solution of the others.
    """
    takes_part = fitted[stars.star]
    judge = _Judge(stars, error, anchor, takes_part)
    used, trusted = np.ones(len(offset)), np.isfinite(anchor).astype(float)
    parameters, iterations = np.zeros(model.ends[-1]), 0
    for number in range(ROUNDS):
        judge.weigh(np.where(takes_part, used, 0.0), trusted)
        step, took = _step(images, model, stars, offset, parameters)
        parameters, iterations = parameters + step, iterations + took
        moved = offset + images.displace(model.polynomials(parameters))
        off, astray = judge(moved)
        before = used
        if number < SOFT_ROUNDS:
            used, trusted = _soft(off), _soft(astray)
            continue
        used, trusted = (off < CLIP).astype(float), (astray < CLIP).astype(float)
        if number > SOFT_ROUNDS and (before != used).mean() < SETTLED:
            break
    judge.weigh(used, trusted)
    found = stars.fit(moved)
    polynomials, residual = model.polynomials(parameters), moved - stars.predict(found)
    return Fit(polynomials, found, residual, used > 0.0, trusted > 0.0, iterations)


def _soft(off: Floats) -> Floats:
    """Return weights for what is so many standard deviations off, 0 for what is not known."""
    return np.nan_to_num(1.0 / (1.0 + (off / SOFT) ** 2))


class _Judge:
    """Tells outliers, star by star: its detections and its reference star have a vote each."""

    def __init__(
        self, stars: StarMotions, error: Floats, anchor: Floats, takes_part: Booleans
    ) -> None:
        self.stars, self.error, self.anchor, self.takes_part = stars, error, anchor, takes_part
        self.full, self.known = stars.information, stars.known
        self.loose = loosened(self.full)
        self.catalog = np.linalg.solve(self.full, self.known[..., None])[..., 0]
        count = np.bincount(stars.star, minlength=len(anchor))
        self.typical = np.where(count > 0, np.bincount(stars.star, error, len(anchor)), 1.0)
        self.typical /= np.maximum(count, 1)
        self.used, self.trusted = np.ones(len(error)), np.isfinite(anchor).astype(float)
        self.vote = np.nan_to_num(np.minimum(1.0, (anchor / self.typical) ** 2))

    def weigh(self, used: Floats, trusted: Floats) -> None:
        """Set the weights of detections and reference stars, as parts of the full ones."""
        self.stars.known = self.known * trusted[:, None]
        information = self.full - self.loose
        information *= trusted[:, None, None]
        information += self.loose
        self.stars.weigh(used * self.error**-2.0, information)

    def __call__(self, moved: Floats) -> tuple[Floats, Floats]:
        """Return how many standard deviations detections and reference stars are off.

        Stars find their places with soft weights, beginning with their means: the majority wins.
        """
        either = np.hypot(np.nan_to_num(self.anchor), self.typical)
        for _ in range(JUDGEMENTS):
            self.weigh(self.used, self.trusted * self.vote)
            found = self.stars.fit(moved)
            off = np.hypot(*(moved - self.stars.predict(found)).T) / self.error / np.sqrt(2.0)
            off /= _spread(off[self.takes_part])
            astray = np.hypot(*(found - self.catalog)[:, [0, 2]].T) / either / np.sqrt(2.0)
            astray[np.isnan(self.anchor)] = np.nan
            self.used, self.trusted = _soft(off), _soft(astray)
        return off, astray


def loosened(information: Floats) -> Floats:
    """Return what is known of stars without a reference star in place of each information."""
    loose = np.zeros_like(information)
    loose[:, np.arange(5), np.arange(5)] = UNKNOWN**-2.0
    return loose


def _spread(off: Floats) -> float:
    """Return scatter over errors, by the median of Rayleigh's law; at least 1."""
    return max(1.0, float(np.median(off)) / np.sqrt(np.log(2.0))) if off.size else 1.0


def _step(
    images: Images, model: DisplacementModel, stars: StarMotions, offset: Floats, now: Floats
) -> tuple[Floats, int]:
    """Return the change of the parameters that the equations ask for, and iterations it took."""
    weight = stars.weight[:, None]
    factors = model.whitener(images.moments(stars.weight))

    def slope(field: Floats) -> Floats:
        return model.collect(images.sum(weight * field))

    def apply(white: Floats) -> Floats:
        change = model.whiten(factors, white, True)
        left = stars.left(images.displace(model.polynomials(change)))
        return model.whiten(factors, slope(left) + model.regularize(change), False)

    moved = offset + images.displace(model.polynomials(now))
    gradient = slope(moved - stars.predict(stars.fit(moved))) + model.regularize(now)
    right = model.whiten(factors, -gradient, False)
    enough = TOLERANCE * np.sqrt(len(now))
    solved = conjugate_gradient(apply, right, np.ones_like(right), enough)
    return model.whiten(factors, solved.x, True), solved.iterations
