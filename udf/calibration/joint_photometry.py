"""All zero points of a band at once, from stars seen again and again (LDM-151, section 8.14.3).

Zero points, star flats and the stars' own magnitudes are fitted together, so that repeated
measurements of stars agree best; reference stars only say where zero is. Rounds: a plain fit, then
fits without variable stars and measurements that are far off (`clip_measurements`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.clip_measurements import clipped_weights, trusted_anchors
from skytract.udf.calibration.components import label_components
from skytract.udf.calibration.conjugate_gradient import conjugate_gradient
from skytract.udf.calibration.eliminate_stars import (
    Anchors,
    Observations,
    Parameters,
    ReducedEquations,
    StarOrder,
    calibrated,
    star_means,
)
from skytract.udf.calibration.sky_patches import SkyPatches
from skytract.udf.calibration.star_flat import TERMS

Array = NDArray[np.float64]
Integers = NDArray[np.int32]
Booleans = NDArray[np.bool_]

ACCURACIES = (1e-3, 1e-5, 1e-8)
"""Residuals of the linear equations of each round, relative to that before the first. The first
round is plain, the others clipped; each starts from the one before, so that the early ones need
not be better than it takes to tell outliers."""

FLOOR = 0.002
"""Scatter [mag] added to every error for weights, lest the few brightest stars decide alone."""


class Fit(NamedTuple):
    """A joint solution."""

    zero_point: Array
    """AB magnitude of one count, NaN for images without one, shape (images,)."""
    error: Array
    """1-sigma error [mag]: that from the image's own stars, and the common one of the component's
    tie to the reference. Errors that wide stretches of images share beside that are not in it."""
    tie: Array
    """The common part of it: that of the component's tie to the reference [mag]."""
    rms: Array
    """Weighted scatter of the stars' measurements about their means [mag], shape (images,)."""
    stars: Integers
    """Stars used, shape (images,)."""
    component: Integers
    """Group of images that hang together by common stars, shape (images,)."""
    flat: Array
    """Amplitudes of `star_flat.flat_terms`, shape (detectors, 9) or (detectors, 0)."""
    calibrated: Array
    """Magnitude of every observation, shape (n,)."""
    weight: Array
    """Its weight [mag^-2], 0 if it was left out; held-out stars have theirs, shape (n,)."""
    iterations: tuple[int, ...]
    """Iterations of each round."""


def fit_joint_photometry(
    obs: Observations, anchors: Anchors, held_out: Booleans, flats: bool = True
) -> Fit:
    """Fit zero points, and star flats, to the stars that are not held out.

    Parameters
    ----------
    obs : Observations
        With positive errors and finite magnitudes.
    anchors : Anchors
        Magnitudes of reference stars.
    held_out : ndarray of bool, shape (stars,)
        Stars that take no part, so that their scatter is an honest measure.
    flats : bool
        Whether star flats are fitted.

    Returns
    -------
    Fit
        Images of a component without reference stars have a zero point of NaN: it would be
        arbitrary.

    Raises
    ------
    ValueError
        If observations do not lie image by image.
    ArithmeticError
        If the equations do not converge.
    """
    if np.any(np.diff(obs.image) < 0):
        raise ValueError("the observations do not lie image by image: sort all columns by image")
    plain = 1.0 / (obs.error**2 + FLOOR**2)
    known = np.where(held_out, 0.0, anchors.weight)
    now = _start(obs, anchors, flats)
    y, weight = calibrated(obs, now), plain
    used, iterations = Anchors(anchors.magnitude, known), []
    stars = StarOrder(obs, len(held_out))
    for number, accuracy in enumerate(ACCURACIES):
        if number:
            weight = clipped_weights(y, plain, stars)
            used = Anchors(anchors.magnitude, known * trusted_anchors(y, weight, obs, anchors))
        fitted = np.where(held_out[obs.star], 0.0, weight)
        equations = ReducedEquations(obs, used, now, y, fitted)
        if not number:  # the others hardly differ
            patches = SkyPatches(obs, fitted, equations.inverse, equations.diagonal)
            begun = float(np.sqrt(equations.right @ patches(equations.right)))
        step, took = conjugate_gradient(equations.apply, equations.right, patches, accuracy * begun)
        images = len(obs.detector)
        now = Parameters(
            now.zero_point + step[:images], now.flat + step[images:].reshape(now.flat.shape)
        )
        y = calibrated(obs, now)
        iterations.append(took)
    return _conclude(obs, used, now, y, weight, fitted, tuple(iterations))


def _start(obs: Observations, anchors: Anchors, flats: bool) -> Parameters:
    """Return one zero point for all, near that of the reference stars, and even star flats."""
    seen = anchors.weight[obs.star] > 0.0
    offset = anchors.magnitude[obs.star[seen]] - obs.magnitude[seen]
    detectors = int(obs.detector.max(initial=-1)) + 1
    return Parameters(
        np.full(len(obs.detector), np.median(offset) if len(offset) else 0.0),
        np.zeros((detectors, TERMS if flats else 0)),
    )


def _conclude(
    obs: Observations,
    anchors: Anchors,
    now: Parameters,
    y: Array,
    weight: Array,
    fitted: Array,
    iterations: tuple[int, ...],
) -> Fit:
    """Label components, estimate errors, and take out zero points that nothing ties."""
    images, stars = len(obs.detector), len(anchors.weight)
    used = fitted > 0.0
    of_star, of_image = label_components(obs.star[used], obs.image[used], stars, images)
    own = np.bincount(obs.star, fitted, stars)
    total = np.maximum(own + anchors.weight, 1e-300)
    tie = np.zeros(int(of_image.max(initial=-1)) + 1)
    np.add.at(tie, of_star[of_star >= 0], (own * anchors.weight / total)[of_star >= 0])
    shared = np.bincount(obs.image, fitted**2 / total[obs.star], images)
    alone = np.bincount(obs.image, fitted, images)
    free = alone - shared
    tied = (tie[of_image] > 0.0) & (free > 1e-9 * alone)
    with np.errstate(divide="ignore", invalid="ignore"):
        common = np.sqrt(1.0 / tie[of_image])
        error = np.hypot(np.sqrt(1.0 / free), common)
        off = y - star_means(y, fitted, obs, anchors)[obs.star]
        rms = np.sqrt(np.bincount(obs.image[used], (fitted * off**2)[used], images) / alone)
    return Fit(
        np.where(tied, now.zero_point, np.nan),
        np.where(tied, error, np.nan),
        np.where(tied, common, np.nan),
        rms,
        np.bincount(obs.image[used], minlength=images).astype(np.int32),
        of_image,
        now.flat,
        np.where(tied[obs.image], y, np.nan),
        np.where(tied[obs.image], weight, 0.0),
        iterations,
    )
