"""The Welch-Stetson index J of many light curves at once."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.dia_sums import Floats, group_sum

STEPS = 20
"""The robust mean settles within a few steps; more do not change it."""


def stetson_j(group: NDArray[np.int64], count: int, flux: Floats, err: Floats) -> Floats:
    """Return J of each light curve: the mean of sgn(P) |P|^1/2 with P = d^2 - 1.

    Stetson 1996 (PASP 108, 851), section 2: d = (n / (n - 1))^1/2 (F - mu) / s, where mu is the
    mean with weights w / (1 + (|d| / 2)^2), repeated from the inverse-variance mean until it moves
    by less than 1e-6 of its error. Each point stands alone, as is the practice of LSST: pairs of
    observations at one time are not formed. J is near 0 if the errors explain the scatter, and -1
    for a constant flux.

    Parameters
    ----------
    group : ndarray of int, shape (n,)
        Light curve of each point, 0 to count - 1.
    count : int
        Number of light curves.
    flux, err : ndarray, shape (n,)
        Fluxes and their errors, in one unit, finite; errors positive.

    Returns
    -------
    ndarray, shape (count,)
        NaN where a light curve has fewer than two points.

    Examples
    --------
    >>> zero = np.zeros(10, dtype=int)
    >>> round(float(stetson_j(zero, 1, np.linspace(-1, 1, 10), np.ones(10))[0]), 6)
    -0.595839
    """
    n = np.bincount(group, minlength=count).astype(float)
    weight = err**-2.0
    with np.errstate(all="ignore"):
        factor = np.where(n > 1.0, np.sqrt(n / (n - 1.0)), np.nan)
        total = group_sum(group, count, weight)
        mean = group_sum(group, count, weight * flux) / total
        moving = n > 1.0
        for _ in range(STEPS):
            robust = weight / (1.0 + (_deviation(group, factor, mean, flux, err) / 2.0) ** 2)
            better = group_sum(group, count, robust * flux) / group_sum(group, count, robust)
            moved = np.abs(better - mean) >= 1e-6 / np.sqrt(total)
            # What has settled stays: the answer must not depend on its neighbours in the batch.
            mean = np.where(moving, better, mean)
            moving &= moved
            if not moving.any():
                break
        excess = _deviation(group, factor, mean, flux, err) ** 2 - 1.0
        index = group_sum(group, count, np.sign(excess) * np.sqrt(np.abs(excess))) / n
    return np.where(n > 1.0, index, np.nan)


def _deviation(
    group: NDArray[np.int64], factor: Floats, mean: Floats, flux: Floats, err: Floats
) -> Floats:
    """Return the deviations from the means in units of the errors."""
    return factor[group] * (flux - mean[group]) / err
