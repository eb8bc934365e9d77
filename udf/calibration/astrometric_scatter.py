"""How well detections of the same star agree, before and after a joint astrometric fit."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.held_out_stars import HeldOut
from skytract.udf.calibration.star_motions import StarMotions

Floats = NDArray[np.float64]
Column = NDArray[np.floating]
Integers = NDArray[np.integer]


def scatter_by_band(
    band: Integers, motions: StarMotions, offset: Column, error: Column, told: HeldOut
) -> Floats:
    """Return number of stars, scatter before and after the fit and noise of stars, by band.

    Parameters
    ----------
    band
        Number of the band of each detection, shape (n,).
    motions, offset
        Stars of the detections, and their places before the fit, shape (2, n) [mas].
    error
        1-sigma error of the detections' centroids per axis, shape (n,) [mas].
    told
        What the fit makes of them.

    Returns
    -------
    ndarray, shape (bands, 4)
        `repeatability` of these stars.
    """
    given = motions.residual(offset, motions.fit(offset))
    rows = np.flatnonzero(told.used)
    star = motions.star[rows]
    seen = 2.0 * np.bincount(motions.star, told.used, told.stars.shape[1])
    free = np.maximum(seen - motions.absorbed, 1.0) / np.maximum(seen - 2.0, 1.0)
    root = np.sqrt(free[star])[:, None]  # fitted motions follow part of the errors
    before, after = (place[:, rows].T / root for place in (given, told.residual))
    return np.array(
        [
            repeatability(star[own], before[own], after[own], error[rows[own]])
            for own in (band[rows] == number for number in range(band.max() + 1))
        ]
    )


def repeatability(
    star: Integers, before: Column, after: Column, error: Column
) -> tuple[float, float, float, float]:
    """Return how well detections of the same star agree, before and after a fit.

    Parameters
    ----------
    star
        Star of each detection, shape (n,).
    before, after
        Places of the detections, to the east and north [mas], shape (n, 2).
    error
        1-sigma error of the detections per axis [mas], shape (n,).

    Returns
    -------
    stars, before, after, noise
        Number of stars seen three times or more, and medians over them of their standard
        deviations per axis [mas], and of what the errors make expect; NaN without any.

    Examples
    --------
    >>> places = np.array([[0.0, 3.0], [3.0, 0.0], [0.0, 0.0]])
    >>> told = repeatability(np.zeros(3, int), places, places / 3.0, np.ones(3))[1:]
    >>> " ".join(f"{value:.3f}" for value in told)
    '1.732 0.577 1.000'
    """
    count = np.bincount(star)
    often = count > 2
    if not often.any():
        return 0.0, np.nan, np.nan, np.nan
    scatters = []
    for place in (before, after):
        total = np.stack([np.bincount(star, axis) for axis in place.T], axis=1)
        mean = total / np.maximum(count, 1)[:, None]
        square = np.bincount(star, ((place - mean[star]) ** 2).sum(axis=1))
        scatters.append(np.sqrt(square[often] / (2.0 * (count[often] - 1))))
    scatters.append(np.sqrt(np.bincount(star, error**2)[often] / count[often]))
    first, last, noise = (float(np.median(scatter)) for scatter in scatters)
    return float(often.sum()), first, last, noise
