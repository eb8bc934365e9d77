"""Which measurements, stars and reference stars a joint fit leaves out."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.eliminate_stars import Anchors, Observations, StarOrder, star_means

Array = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.integer]

CLIP = 5.0
"""Robust standard deviations from the star's magnitude."""

VARIABLE = 3.0
"""Stars whose measurements, but for the worst, scatter this many times as much as a typical star's
are variable."""


def clipped_weights(y: Array, plain: Array, stars: StarOrder) -> Array:
    """Return weights that are 0 for outliers and for all measurements of variable stars.

    Parameters
    ----------
    y, plain : ndarray, shape (n,)
        Magnitudes as they are calibrated now, and weights before clipping.
    stars : StarOrder
        Which of them are those of each star.
    """
    pull = np.empty(len(y))
    for rows, count in stars.chunks():
        some = stars.rows[rows]
        pull[rows] = _robust_pulls(y[some], plain[some], count)
    scale = max(1.0, 1.4826 * float(np.median(pull)))
    np.minimum(pull, 2.0 * CLIP * scale, out=pull)
    # Without the largest pull: one wrong measurement does not make a star variable.
    rest = np.add.reduceat(pull, stars.starts) - np.maximum.reduceat(pull, stars.starts)
    scatter, several = rest / np.maximum(stars.count - 1, 1), stars.count > 2
    typical = float(np.median(scatter[several])) if several.any() else 1.0
    good = (pull <= CLIP * scale) & np.repeat(scatter <= VARIABLE * typical, stars.count)
    kept, weight = stars.rows[good], np.zeros(len(y))
    weight[kept] = plain[kept]
    return weight


def _robust_pulls(y: Array, plain: Array, count: Integers) -> Array:
    """Return distances from the stars' robust means, in standard deviations; stars lie in a row."""
    starts, root, weight = np.cumsum(count) - count, np.sqrt(plain), plain
    for _ in range(8):  # Huber's weights: an outlier of 100 sigma counts as one of 2
        mean = np.add.reduceat(weight * y, starts) / np.add.reduceat(weight, starts)
        pull = np.abs(y - np.repeat(mean, count)) * root
        weight = plain * np.minimum(1.0, 2.0 / np.maximum(pull, 1e-9))
    return pull


def trusted_anchors(y: Array, weight: Array, obs: Observations, anchors: Anchors) -> Booleans:
    """Tell which reference stars agree with the measurements."""
    mean = star_means(y, weight, obs, Anchors(anchors.magnitude, 0.0 * anchors.weight))
    pull = np.abs(np.nan_to_num(mean) - anchors.magnitude) * np.sqrt(anchors.weight)
    known = (anchors.weight > 0.0) & np.isfinite(mean)
    scale = max(1.0, 1.4826 * float(np.median(pull[known]))) if known.any() else 1.0
    return known & (pull <= CLIP * scale)
