"""Second moments and Gaussian flux: adaptive elliptical weights (LDM-151 8.6.2.3)."""

from typing import NamedTuple

import numpy as np

from skytract.pipelines.exposure import BoolArray, Floats
from skytract.pipelines.stamps import Stamps

ITERATIONS = 40
TOLERANCE = 1e-4
"""Relative change of the moments that ends the iteration."""
SHORT_STEP = 0.2
"""Steps below this share of the moments are doubled."""
MIN_SIGMA2 = 0.1
"""Weights narrower than this [pixel^2] see a single pixel: not a source."""
MAX_HALF_SIGMAS = 2.0
"""The stamp must reach at least this many sigmas of the source."""


class Shapes(NamedTuple):
    """Adaptive moments [pixel^2] and Gaussian flux [electron], each of shape (n,)."""

    ixx: Floats
    iyy: Floats
    ixy: Floats
    flux: Floats
    flux_err: Floats
    flag: BoolArray


def measure_shapes(stamps: Stamps, x: Floats, y: Floats, sigma: Floats) -> Shapes:
    """Moments of the elliptical Gaussian that weights the source like the source itself.

    M solves M = 2 sum(w r r^T I) / sum(w I) with w = exp(-r^T M^-1 r / 2) (Bernstein & Jarvis
    2002, AJ 123, 583, section 3.1): for a Gaussian source M is its covariance. The flux is that
    of a Gaussian of this shape, sum(p I) / sum(p^2) with p = w / sum(w).

    Parameters
    ----------
    stamps : Stamps, n of them
    x, y : ndarray, shape (n,), pixel
        Fixed centres.
    sigma : ndarray, shape (n,), pixel
        Starting width.

    Returns
    -------
    Shapes
        NaN and flagged where no such ellipse exists within the stamp.
    """
    data, variance = stamps.filled()
    dx, dy = stamps.offsets(x, y)
    n = len(x)
    moments = np.stack([sigma**2, sigma**2, np.zeros(n)], axis=1)
    largest = (stamps.half / MAX_HALF_SIGMAS) ** 2
    alive, moving = np.ones(n, bool), np.ones(n, bool)
    for _ in range(ITERATIONS):
        index = np.flatnonzero(moving)
        if not len(index):
            break
        new = _next_moments(data[index], dx[index], dy[index], moments[index])
        change = np.abs(new - moments[index]).max(axis=1) / moments[index, :2].sum(axis=1)
        valid = _is_ellipse(new) & (new[:, :2].max(axis=1) < largest)
        moments[index[valid]] = new[valid]
        alive[index[~valid]] = False
        moving[index] = valid & (change > TOLERANCE)
    flag = ~alive | moving
    weight = _weights(dx, dy, moments)
    total = weight.sum(axis=(1, 2))
    power = np.square(weight).sum(axis=(1, 2))
    scale = total / np.where(power > 0, power, np.nan)
    flux = (weight * data).sum(axis=(1, 2)) * scale
    flux_err = np.sqrt((weight**2 * variance).sum(axis=(1, 2))) * scale
    moments[flag] = flux[flag] = flux_err[flag] = np.nan
    return Shapes(moments[:, 0], moments[:, 1], moments[:, 2], flux, flux_err, flag)


def _weights(dx: Floats, dy: Floats, moments: Floats) -> Floats:
    """Gaussian weights of unit peak, shape (n, s, s)."""
    xx, yy, xy = (moments[:, i, np.newaxis, np.newaxis] for i in range(3))
    column, row = dx[:, np.newaxis, :], dy[:, :, np.newaxis]
    radius2 = (yy * column**2 + xx * row**2 - 2.0 * xy * column * row) / (xx * yy - xy**2)
    return np.asarray(np.exp(-0.5 * radius2))


def _next_moments(data: Floats, dx: Floats, dy: Floats, moments: Floats) -> Floats:
    """One step, which halves the error; doubled when short, for quadratic convergence."""
    light = _weights(dx, dy, moments) * data
    flux = light.sum(axis=(1, 2))
    flux = np.where(flux > 0, flux, np.nan)
    by_column, by_row = light.sum(axis=1), light.sum(axis=2)
    xx = (by_column * dx**2).sum(axis=1) / flux
    yy = (by_row * dy**2).sum(axis=1) / flux
    xy = (np.matmul(light, dx[:, :, np.newaxis])[:, :, 0] * dy).sum(axis=1) / flux
    plain = 2.0 * np.stack([xx, yy, xy], axis=1)
    step = plain - moments
    short = np.abs(step).max(axis=1) < SHORT_STEP * moments[:, :2].min(axis=1)
    return plain + np.where(short[:, np.newaxis], step, 0.0)


def _is_ellipse(moments: Floats) -> BoolArray:
    """Whether the smaller eigenvalue is above `MIN_SIGMA2`; False for NaN."""
    half_trace = 0.5 * (moments[:, 0] + moments[:, 1])
    spread = np.hypot(0.5 * (moments[:, 0] - moments[:, 1]), moments[:, 2])
    return np.asarray(half_trace - spread > MIN_SIGMA2)
