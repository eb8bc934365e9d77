"""One astrometric solution for all images of a part of the sky (LDM-151, section 8.14.3).

Detections of the same stars in many images, and a reference catalog for some of the stars, give
the displacements of every image (`displacement_model`) and the positions, proper motions and
parallaxes of the stars (`star_motions`) at once: a linear least-squares problem of millions of
parameters, from which the stars are eliminated exactly, and the rest is solved by conjugate
gradients.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.astrometric_outliers import OutlierJudge, soft
from skytract.udf.calibration.conjugate_gradient import conjugate_gradient
from skytract.udf.calibration.displacement_model import DisplacementModel
from skytract.udf.calibration.image_polynomials import ImagePolynomials
from skytract.udf.calibration.star_motions import StarMotions

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Booleans = NDArray[np.bool_]

CLIP = 5.0
"""Detections and reference stars this many standard deviations off are left out."""

SOFT_ROUNDS, ROUNDS = 3, 8
"""Rounds with soft weights, and all rounds at most; the choice of detections settles in a few."""

SETTLED = 1e-4
"""Part of the detections that may change sides in the last round."""

TOLERANCE = 1e-2
"""Norm of what is left of the equations, per root of their number, in units of one sigma."""


class Fit(NamedTuple):
    """What was found, for m images, S stars and n detections."""

    polynomials: Floats
    """Displacement of each image [px], shape (m, K, 2)."""
    stars: Floats
    """Parameters of each star (`StarMotions`), shape (5, S)."""
    residual: Singles
    """Detections less stars [mas], shape (2, n)."""
    used: Booleans
    """Detections that were not clipped, shape (n,)."""
    anchored: Booleans
    """Stars whose reference star was not clipped, shape (S,)."""
    iterations: int
    """Of conjugate gradients, in all rounds."""


def fit_joint_astrometry(
    images: ImagePolynomials,
    model: DisplacementModel,
    stars: StarMotions,
    offset: Singles,
    error: Singles,
    fitted: Booleans,
    anchor: Floats,
) -> Fit:
    """Fit displacements and stars together, without outliers.

    Parameters
    ----------
    images, model, stars
        Detections on their images, parameters of these, and detections of the stars.
    offset
        Detections less their stars' places, by the WCS that is displaced, shape (2, n) [mas].
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
    judge = OutlierJudge(stars, error, anchor, takes_part)
    used, trusted = np.ones(len(error), np.float32), np.isfinite(anchor).astype(float)
    parameters, iterations, moved = np.zeros(model.ends[-1]), 0, offset.copy()
    for number in range(ROUNDS):
        judge.weigh(np.where(takes_part, used, np.float32(0.0)), trusted)
        step, took = _step(images, model, stars, moved, parameters)
        parameters, iterations = parameters + step, iterations + took
        np.add(offset, images.displace(model.polynomials(parameters)), out=moved)
        off, astray = judge(moved)
        before = used
        if number < SOFT_ROUNDS:
            used, trusted = soft(off), soft(astray)
            continue
        used, trusted = (off < CLIP).astype(np.float32), (astray < CLIP).astype(float)
        if number > SOFT_ROUNDS and (before != used).mean() < SETTLED:
            break
    judge.weigh(used, trusted)
    found = stars.fit(moved)
    polynomials, residual = model.polynomials(parameters), stars.residual(moved, found)
    return Fit(polynomials, found, residual, used > 0.0, trusted > 0.0, iterations)


def _step(
    images: ImagePolynomials,
    model: DisplacementModel,
    stars: StarMotions,
    moved: Singles,
    now: Floats,
) -> tuple[Floats, int]:
    """Return the change of the parameters that the equations ask for, and iterations it took."""
    factors = model.whitener(images.moments(stars.weight))

    def slope(field: Singles) -> Floats:
        return model.collect(images.sum(field, stars.weight))

    def apply(white: Floats) -> Floats:
        change = model.whiten(factors, white, True)
        left = stars.left(images.displace(model.polynomials(change)))
        return model.whiten(factors, slope(left) + model.regularize(change), False)

    gradient = slope(stars.residual(moved, stars.fit(moved))) + model.regularize(now)
    right = model.whiten(factors, -gradient, False)
    enough = TOLERANCE * np.sqrt(len(now))
    solved = conjugate_gradient(apply, right, lambda x: x, enough)
    return model.whiten(factors, solved.x, True), solved.iterations
