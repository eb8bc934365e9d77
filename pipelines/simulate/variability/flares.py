"""Flares of M dwarfs: events at random times, each a fixed shape, hotter than the star.

varParams: [0] flares per day larger than [1], [1] least height in r over the quiescent flux, [2]
index of the cumulative power law of heights, [3] width at half height of the least flare [d], [4]
temperature of the star [1000 K].
"""

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.hashing import uniforms
from skytract.pipelines.simulate.randoms import Stream
from skytract.pipelines.simulate.variability.eclipses import PLANCK
from skytract.pipelines.simulate.variability.kinds import WAVELENGTH

BIN = 0.5
"""Time is cut into bins of this length, d, with at most one flare each: rates are < 1 / BIN."""

FLARE_TEMPERATURE = 10.0
"""Black-body temperature of flares, 1000 K (Hawley & Fisher 1992, ApJS 78, 565)."""

RED = 2
"""Index of r, in which heights are given."""

LARGEST = 1000.0
"""Greatest height in units of the least."""


def flares(objects: NDArray[np.void], mjd: NDArray[np.float64], band: int) -> NDArray[np.float64]:
    """Return flux over quiescent flux, shape (n,); arguments as in `pulsation`.

    Whether a bin of a star's time has a flare, when and how high is a hash of the star's id and the
    bin, so that any time can be asked for alone. A flare that began in the bin before still counts.
    """
    params = objects["varParams"].astype(np.float64)
    now = np.floor(mjd / BIN).astype(np.int64)
    height = np.zeros(len(objects))
    for number in (now - 1, now):
        draw = uniforms(Stream.FLARE, objects["truthId"][:, None], number[:, None], np.arange(3))
        start = (number + draw[:, 1]) * BIN
        relative = np.minimum(draw[:, 2] ** (-1.0 / params[:, 2]), LARGEST)
        width = params[:, 3] * relative ** (1.0 / 3.0)  # durations grow as the cube root of energy
        light = params[:, 1] * relative * flare_shape((mjd - start) / width)
        height += np.where(draw[:, 0] < params[:, 0] * BIN, light, 0.0)
    return np.asarray(1.0 + height * colour(params[:, 4], band))


def flare_shape(time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the light of a flare, 1 at its peak at 0; time in widths at half height.

    Davenport et al. (2014, ApJ 797, 122, eqs. 1 and 4), joined at the peak.
    """
    rise = np.clip(time, -1.0, 0.0)
    up = 1.0 + rise * (1.941 + rise * (-0.175 + rise * (-2.246 - 1.125 * rise)))
    fall = np.maximum(time, 0.0)
    down = (0.6890 * np.exp(-1.600 * fall) + 0.3030 * np.exp(-0.2783 * fall)) / 0.9920
    return np.where(time < -1.0, 0.0, np.where(time < 0.0, up, down))


def colour(temperature: NDArray[np.float64], band: int) -> NDArray[np.float64]:
    """Return how much higher a flare is in a band than in r, over the star's own light, (n,)."""

    def contrast(wavelength: float) -> NDArray[np.float64]:
        star = np.expm1(PLANCK / (wavelength * temperature))
        return np.asarray(star / np.expm1(PLANCK / (wavelength * FLARE_TEMPERATURE)))

    return contrast(float(WAVELENGTH[band])) / contrast(float(WAVELENGTH[RED]))
