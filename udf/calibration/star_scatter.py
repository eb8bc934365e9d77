"""How well measurements of the same stars agree, after a joint fit."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.eliminate_stars import Observations
from skytract.udf.calibration.joint_photometry import Fit

Booleans = NDArray[np.bool_]


class Repeatability(NamedTuple):
    """How well measurements of the same stars agree."""

    rms: float
    """Standard deviation about the stars' means [mag]."""
    noise: float
    """What it would be by the measurements' random errors alone [mag]."""
    stars: int
    """Stars with two measurements or more."""
    observations: int
    """Their measurements."""


BRIGHT = 0.01 * 2.5 / np.log(10.0)
"""Bright are stars with a mean error [mag] below this: a signal-to-noise ratio of 100. A limit for
single measurements would cut off the faint half of the scatter of the stars that are just there."""


def repeatability(obs: Observations, fit: Fit, chosen: Booleans) -> Repeatability:
    """Measure the scatter of the bright ones of some stars.

    Parameters
    ----------
    obs, fit
        Observations, and what was fitted.
    chosen : ndarray of bool, shape (stars,)
        Stars to measure: those held out.

    Returns
    -------
    Repeatability
        NaN if no bright star has two measurements. With n measurements of equal errors per star,
        `rms` is the usual standard deviation with n - 1.
    """
    stars, take = len(chosen), chosen[obs.star] & (fit.weight > 0.0)
    count = np.bincount(obs.star[take], minlength=stars)
    mean_error = np.bincount(obs.star[take], obs.error[take], stars) / np.maximum(count, 1)
    take &= ((count > 1) & (mean_error < BRIGHT))[obs.star]
    star, y, weight, variance = (
        a[take] for a in (obs.star, fit.calibrated, fit.weight, obs.error**2)
    )
    if not len(y):
        return Repeatability(float("nan"), float("nan"), 0, 0)
    total = np.bincount(star, weight, stars)[star]
    off = y - np.bincount(star, weight * y, stars)[star] / total
    of_mean = np.bincount(star, weight**2 * variance, stars)[star] / total**2
    expected = variance * (1.0 - 2.0 * weight / total) + of_mean
    freedom = float(np.sum(1.0 - weight / total))
    return Repeatability(
        float(np.sqrt(off @ off / freedom)),
        float(np.sqrt(expected.sum() / freedom)),
        len(np.unique(star)),
        len(y),
    )
