"""Which stars of the main sequence vary: eclipsing binaries and flaring M dwarfs."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.objects import EPOCH_MJD
from skytract.pipelines.simulate.variability.kinds import PARAMS, kind_index

TEMPERATURE = np.array(
    [
        [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0],
        [6.5, 6.0, 5.6, 5.0, 4.5, 4.1, 3.8, 3.5, 3.2, 2.9],
    ]
)
"""Absolute magnitude in r and effective temperature [1000 K] of dwarfs (rounded from Pecaut &
Mamajek 2013, ApJS 208, 9)."""

ECLIPSING_FRACTION = 0.013
"""Eclipsing binaries among the stars that Kepler watched (Kirk et al. 2016, AJ 151, 68)."""

CONTACT_FRACTION = 0.25
"""Contact and nearly contact systems, with periods below half a day, among them (same source)."""

FLARING_FRACTION = np.array([[8.4, 8.5, 10.0, 12.0, 14.0], [0.0, 0.02, 0.05, 0.30, 0.70]])
"""Absolute magnitude in r and fraction of magnetically active dwarfs, M0 to M7 (rounded from West
et al. 2011, AJ 141, 97)."""

LARGEST_FLARE_RATE = 1.0
"""Flares per day above a tenth of the quiescent light in r, of the most active star."""

_DRAWS = 9


def vary_stars(
    rng: np.random.Generator, stars: NDArray[np.void], absolute_r: NDArray[np.float64]
) -> None:
    """Make a small part of the stars, shape (n,), variable, in place.

    Star k uses row k of one array of uniform numbers: a shorter list of the same stars comes out
    the same.

    Parameters
    ----------
    rng
        Generator of this piece of sky.
    stars
        Rows with varKind, period, epochOfMax, varParams.
    absolute_r
        Absolute magnitudes in r, shape (n,).
    """
    draws = rng.random((len(stars), _DRAWS))
    binary = draws[:, 0] < ECLIPSING_FRACTION
    flaring = ~binary & (draws[:, 0] > 1.0 - np.interp(absolute_r, *FLARING_FRACTION))
    stars["varKind"][binary] = kind_index("eclipsing")
    stars["varKind"][flaring] = kind_index("flareStar")
    temperature = np.interp(absolute_r, *TEMPERATURE)
    period, params = binaries(draws[binary], temperature[binary])
    stars["period"][binary], stars["varParams"][binary] = period, params
    stars["epochOfMax"][binary] = EPOCH_MJD + draws[binary, 1] * period
    stars["varParams"][flaring] = flare_stars(draws[flaring], temperature[flaring])


def binaries(
    draws: NDArray[np.float64], temperature: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return periods [d] and varParams of eclipsing binaries from uniform numbers, shape (n, 9).

    Contact systems: periods of 0.22 to 0.6 d about 0.30 d (the 2246 of LINEAR, Palaversa et al.
    2013, AJ 146, 101), both stars equally hot, tides. Detached: log-uniform from 0.5 to 30 d (Kirk
    et al. 2016, fig. 10), mass ratios uniform with radii and temperatures that follow, eclipses
    narrower at long periods.
    """
    contact = draws[:, 2] < CONTACT_FRACTION
    ratio = 0.3 + 0.7 * draws[:, 3]  # of the masses
    close_period = np.clip(0.30 * np.exp(0.25 * ndtri(draws[:, 4])), 0.22, 0.6)
    period = np.where(contact, close_period, 0.5 * 60.0 ** draws[:, 4])
    params = np.zeros((len(draws), PARAMS))
    params[:, 0] = temperature
    params[:, 1] = np.where(contact, 1.0 - 0.05 * draws[:, 5], np.sqrt(ratio))
    params[:, 2] = np.where(contact, ratio, ratio**1.6)
    params[:, 3] = np.where(contact, 0.6 * draws[:, 6], draws[:, 6])
    params[:, 4] = np.where(contact, 0.07, 0.035 * np.maximum(period, 0.5) ** (-2.0 / 3.0))
    params[:, 5] = np.where(contact, 0.05 + 0.15 * draws[:, 7], 0.005 / period)
    return period, params


def flare_stars(
    draws: NDArray[np.float64], temperature: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return varParams of flare stars from uniform numbers, shape (n, 9): see `flares`.

    Rates are log-uniform over two decades; sizes are distributed as a power law whose cumulative
    index of 0.8 to 1.0 is that of energies of active M dwarfs (Hilton 2011, PhD thesis, Univ. of
    Washington; Davenport et al. 2014).
    """
    params = np.zeros((len(draws), PARAMS))
    params[:, 0] = LARGEST_FLARE_RATE * 100.0 ** -draws[:, 2]
    params[:, 1] = 0.1
    params[:, 2] = 0.8 + 0.2 * draws[:, 3]
    params[:, 3] = 0.004 * np.exp(0.5 * ndtri(draws[:, 4]))
    params[:, 4] = temperature
    return params
