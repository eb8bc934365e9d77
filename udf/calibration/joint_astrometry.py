"""One astrometric solution for all images of a part of the sky (LDM-151, section 8.14.3).

Detections of the same stars in many images, and a reference catalog for some of the stars, give
the displacements of every image (`displacement_model`) and the positions, proper motions and
parallaxes of the stars (`star_motions`) at once: a linear least-squares problem of millions of
parameters, from which the stars are eliminated exactly, and the rest is solved by conjugate
gradients. Most of their iterations are done for a sample of the stars: that its answer has larger
errors than that of all stars is set right in a few.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.astrometric_outliers import CLIP, OutlierJudge, hard, soft
from skytract.udf.calibration.conjugate_gradient import conjugate_gradient
from skytract.udf.calibration.displacement_model import DisplacementModel
from skytract.udf.calibration.image_polynomials import ImagePolynomials
from skytract.udf.calibration.star_motions import StarMotions

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Booleans = NDArray[np.bool_]

SOFT_ROUNDS, ROUNDS = 3, 8
"""Rounds with soft weights, and all rounds at most; the choice of detections settles in a few."""

BEGIN = 10.0
"""Times this, for detections that parameters of a sample tell: their errors add to the noise."""

SETTLED = 1e-4
"""Part of the detections that may change sides in the last round."""

TOLERANCE, ROUGH = 1e-2, 1e-1
"""Norm of what is left of the equations, per root of their number, in units of one sigma; and as
long as only outliers are to be told by the answer."""


class Fit(NamedTuple):
    """What was found, for m images, S stars and n detections."""

    parameters: Floats
    """Of the `DisplacementModel`."""
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
    anchor: Floats,
    start: Floats | None = None,
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
    anchor
        1-sigma error of the reference star's position, NaN where there is none, shape (S,) [mas].
    start
        Parameters that are nearly right, as those of a sample: they tell the outliers at once.
    """
    judge = OutlierJudge(stars, error, anchor)
    used, trusted = np.ones(len(error), np.float32), np.isfinite(anchor).astype(float)
    parameters, first, moved = np.zeros(model.ends[-1]), 0, offset.copy()
    if start is not None:
        parameters, first = start, SOFT_ROUNDS
        np.add(offset, images.displace(model.polynomials(start)), out=moved)
        used, trusted = hard(*judge(moved), BEGIN)
    judge.weigh(used, trusted)
    equations = ReducedEquations(images, model, stars)
    for number in range(first, ROUNDS):
        enough = ROUGH if number < SOFT_ROUNDS else TOLERANCE
        parameters = parameters + equations.step(moved, parameters, enough)
        np.add(offset, images.displace(model.polynomials(parameters)), out=moved)
        off, astray = judge(moved)
        before = used
        if number < SOFT_ROUNDS:
            used, trusted = soft(off), soft(astray)
        else:
            used, trusted = hard(off, astray, CLIP)
            if number > SOFT_ROUNDS and (before != used).mean() < SETTLED:
                break
        judge.weigh(used, trusted)
    judge.weigh(used, trusted)
    found = stars.fit(moved)
    polynomials, residual = model.polynomials(parameters), stars.residual(moved, found)
    return Fit(
        parameters, polynomials, found, residual, used > 0.0, trusted > 0.0, equations.iterations
    )


class ReducedEquations:
    """The normal equations of the displacements, with the stars eliminated.

    Parameters
    ----------
    images, model, stars
        As `fit_joint_astrometry` takes them. The weights that the stars have now condition the
        equations in all rounds, for they change little.
    """

    def __init__(
        self, images: ImagePolynomials, model: DisplacementModel, stars: StarMotions
    ) -> None:
        self.images, self.model, self.stars, self.iterations = images, model, stars, 0
        self.factors = model.whitener(images.moments(stars.weight))

    def step(self, moved: Singles, now: Floats, enough: float) -> Floats:
        """Return the change of the parameters that displaced detections (2, n) ask for.

        `enough` is the norm of what is left of the equations, per root of their number.
        """
        gradient = self._slope(self.stars.residual(moved, self.stars.fit(moved)))
        gradient += self.model.regularize(now)
        right = self.model.whiten(self.factors, -gradient, False)
        norm = enough * np.sqrt(len(now))
        solved = conjugate_gradient(self._apply, right, lambda x: x, norm)
        self.iterations += solved.iterations
        return self.model.whiten(self.factors, solved.x, True)

    def _apply(self, white: Floats) -> Floats:
        change = self.model.whiten(self.factors, white, True)
        left = self.stars.left(self.images.displace(self.model.polynomials(change)))
        pulled = self._slope(left) + self.model.regularize(change)
        return self.model.whiten(self.factors, pulled, False)

    def _slope(self, field: Singles) -> Floats:
        """Return the derivatives by the parameters of half the squares of a field (2, n)."""
        return self.model.collect(self.images.sum(field, self.stars.weight))
