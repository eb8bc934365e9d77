"""Pulsating stars at given times: templates scaled to each star's amplitude.

varParams: [0] row of the template table, [1] amplitude in g [mag, peak to peak].
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.variability.templates import GRID, template_table

AMPLITUDES = np.arange(0.0, 9.01, 0.02)
"""Amplitudes for which mean fluxes are tabulated, mag; linear interpolation is good to 1e-5."""


@cache
def mean_factors() -> NDArray[np.float64]:
    """Return ln <10^(-0.4 A T)> over a period, shape (templates, 6, AMPLITUDES)."""
    table, _ = template_table()
    coarse = table[:, :, :: GRID // 256]
    exponent = -0.4 * np.log(10.0) * coarse[..., None, :] * AMPLITUDES[:, None]
    return np.asarray(np.log(np.mean(np.exp(exponent), axis=-1)))


def pulsation(
    objects: NDArray[np.void], mjd: NDArray[np.float64], band: int
) -> NDArray[np.float64]:
    """Return flux over its mean over a period, shape (n,).

    Parameters
    ----------
    objects
        Rows with period, epochOfMax and varParams, shape (n,).
    mjd
        MJD TAI, shape (n,).
    band
        Index into ugrizy.
    """
    table, _ = template_table()
    template = objects["varParams"][:, 0].astype(np.int64)
    amplitude = objects["varParams"][:, 1].astype(np.float64)
    cycle = (mjd - objects["epochOfMax"]) / objects["period"]
    place = (cycle - np.floor(cycle)) * GRID
    below = place.astype(np.int64) % GRID
    part = place - np.floor(place)
    curves = table[:, band]
    magnitude = (1.0 - part) * curves[template, below] + part * curves[template, (below + 1) % GRID]
    step = np.clip(amplitude / AMPLITUDES[1], 0.0, len(AMPLITUDES) - 2.0)
    left = step.astype(np.int64)
    means = mean_factors()[:, band]
    low, high = means[template, left], means[template, left + 1]
    mean = low + (step - left) * (high - low)
    return np.asarray(np.exp(-0.4 * np.log(10.0) * amplitude * magnitude - mean))
