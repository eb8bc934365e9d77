"""Which measurements, stars and reference stars a joint fit leaves out."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.eliminate_stars import Anchors, Observations, star_means

Array = NDArray[np.float64]
Booleans = NDArray[np.bool_]

CLIP = 5.0
"""Robust standard deviations from the star's magnitude."""

VARIABLE = 3.0
"""Stars whose measurements, but for the worst, scatter this many times as much as a typical star's
are variable."""


def clipped_weights(y: Array, plain: Array, obs: Observations, anchors: Anchors) -> Array:
    """Return weights that are 0 for outliers and for all measurements of variable stars.

    Parameters
    ----------
    y, plain : ndarray, shape (n,)
        Magnitudes as they are calibrated now, and weights before clipping.
    obs, anchors
        As in the fit.
    """
    stars, free = len(anchors.weight), Anchors(anchors.magnitude, np.zeros(len(anchors.weight)))
    weight, root = plain, np.sqrt(plain)
    for _ in range(8):  # Huber's weights: an outlier of 100 sigma counts as one of 2
        pull = np.abs(y - star_means(y, weight, obs, free)[obs.star]) * root
        weight = plain * np.minimum(1.0, 2.0 / np.maximum(pull, 1e-9))
    scale = max(1.0, 1.4826 * float(np.median(pull)))
    pull = np.minimum(pull, 2.0 * CLIP * scale)
    count, largest = np.bincount(obs.star, minlength=stars), np.zeros(stars)
    np.maximum.at(largest, obs.star, pull)
    # Without the largest pull: one wrong measurement does not make a star variable.
    scatter = (np.bincount(obs.star, pull, stars) - largest) / np.maximum(count - 1, 1)
    several = count > 2
    typical = float(np.median(scatter[several])) if several.any() else 1.0
    steady = scatter <= VARIABLE * typical
    return np.where((pull <= CLIP * scale) & steady[obs.star], plain, 0.0)


def trusted_anchors(y: Array, weight: Array, obs: Observations, anchors: Anchors) -> Booleans:
    """Tell which reference stars agree with the measurements."""
    mean = star_means(y, weight, obs, Anchors(anchors.magnitude, 0.0 * anchors.weight))
    pull = np.abs(np.nan_to_num(mean) - anchors.magnitude) * np.sqrt(anchors.weight)
    known = (anchors.weight > 0.0) & np.isfinite(mean)
    scale = max(1.0, 1.4826 * float(np.median(pull[known]))) if known.any() else 1.0
    return known & (pull <= CLIP * scale)
