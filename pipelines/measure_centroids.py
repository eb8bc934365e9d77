"""Centroids: Gaussian-windowed first moments, iterated (LDM-151 8.6.2.1)."""

from typing import NamedTuple

import numpy as np

from skytract.pipelines.exposure import BoolArray, Floats
from skytract.pipelines.stamps import Stamps

ITERATIONS = 30
TOLERANCE = 1e-4
"""A step smaller than this ends the iteration [pixel]."""
EXTENDED_RATIO = 1.3
"""Sources wider than this many PSF sigmas are not points."""
WINDOW_RATIO = 1.5
"""Window of an extended source in isophotal sizes, which miss the light below the threshold."""
MAX_RATIO = 6.0
"""Widest window in PSF sigmas."""
MAX_SHIFT_SIGMA = 3.0
"""A centroid that walks farther from its start, in window sigmas, has left its source."""


class Centroids(NamedTuple):
    """Positions with their errors, each of shape (n,), in pixel (covariance pixel^2)."""

    x: Floats
    y: Floats
    x_err: Floats
    y_err: Floats
    covariance: Floats
    flag: BoolArray


def window_sigma(size: Floats, isophotal: Floats, psf_sigma: float) -> Floats:
    """Width of the window: the PSF's, but wider for extended sources (LDM-151 8.6.2.1).

    Parameters
    ----------
    size : ndarray, shape (n,), pixel
        Adaptive size; NaN where there is none.
    isophotal : ndarray, shape (n,), pixel
        Geometric mean of the footprint's axes: decides where there is no adaptive size.
    psf_sigma : float, pixel

    Returns
    -------
    ndarray, shape (n,), pixel
    """
    known = np.where(np.isfinite(size), size, isophotal)
    wide = np.clip(WINDOW_RATIO * isophotal, psf_sigma, MAX_RATIO * psf_sigma)
    return np.where(known > EXTENDED_RATIO * psf_sigma, wide, psf_sigma)


def measure_centroids(stamps: Stamps, sigma: Floats) -> Centroids:
    """Centroid under a Gaussian window that follows it.

    x <- x + 2 sum(w I dx) / sum(w I), the factor 2 because window and source share the width;
    for a Gaussian source of that width this is the maximum-likelihood position (Bertin 2010,
    SExtractor manual 2.13, section 10.3). Variance 4 sum(w^2 v dx^2) / sum(w I)^2.

    Parameters
    ----------
    stamps : Stamps, n of them
        Cut around the starting positions.
    sigma : ndarray, shape (n,), pixel
        Width of the window.

    Returns
    -------
    Centroids
        Flagged, and left at the start, where the iteration does not converge, leaves the source
        or finds no positive flux; the errors are NaN there.
    """
    data, variance = stamps.filled()
    start_x, start_y = stamps.column + stamps.fx, stamps.row + stamps.fy
    x, y = start_x.copy(), start_y.copy()
    flux = np.ones(len(x))
    moving = np.ones(len(x), bool)
    limit = MAX_SHIFT_SIGMA * sigma
    for _ in range(ITERATIONS):
        wx, wy, dx, dy = _window(stamps, x, y, sigma)
        flux, moment_x, moment_y = _moments(data, wx, wy, dx, dy)
        positive = flux > 0
        safe = np.where(positive, flux, 1.0)
        step_x, step_y = 2.0 * moment_x / safe, 2.0 * moment_y / safe
        moving &= positive
        x += np.where(moving, np.clip(step_x, -limit, limit), 0.0)
        y += np.where(moving, np.clip(step_y, -limit, limit), 0.0)
        last_step = np.hypot(step_x, step_y)
        moving &= (last_step > TOLERANCE) & (np.hypot(x - start_x, y - start_y) <= limit)
        if not moving.any():
            break
    flag = moving | (flux <= 0) | (np.hypot(x - start_x, y - start_y) > limit)
    x[flag], y[flag] = start_x[flag], start_y[flag]
    wx, wy, dx, dy = _window(stamps, x, y, sigma)
    scale = 4.0 / np.where(flag, np.nan, flux) ** 2
    by_row = np.matmul(variance, np.stack([wx**2, wx**2 * dx, (wx * dx) ** 2], axis=2))
    var_x = scale * (by_row[:, :, 2] * wy**2).sum(axis=1)
    var_y = scale * (by_row[:, :, 0] * (wy * dy) ** 2).sum(axis=1)
    cov = scale * (by_row[:, :, 1] * wy**2 * dy).sum(axis=1)
    return Centroids(x, y, np.sqrt(var_x), np.sqrt(var_y), cov, flag)


def _moments(
    data: Floats, wx: Floats, wy: Floats, dx: Floats, dy: Floats
) -> tuple[Floats, Floats, Floats]:
    """Weighted sums of the light, of light times dx and of light times dy, each (n,)."""
    by_row = np.matmul(data, np.stack([wx, wx * dx], axis=2))
    flux = (by_row[:, :, 0] * wy).sum(axis=1)
    return flux, (by_row[:, :, 1] * wy).sum(axis=1), (by_row[:, :, 0] * wy * dy).sum(axis=1)


def _window(
    stamps: Stamps, x: Floats, y: Floats, sigma: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Separable Gaussian weights along columns and rows, and the offsets, each (n, s)."""
    dx, dy = stamps.offsets(x, y)
    width = sigma[:, np.newaxis]
    return np.exp(-0.5 * (dx / width) ** 2), np.exp(-0.5 * (dy / width) ** 2), dx, dy
