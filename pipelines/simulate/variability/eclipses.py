"""Eclipsing binaries: two smooth eclipses, deeper where the eclipsed star is brighter.

varParams: [0] T1 [1000 K], [1] T2 / T1, [2] (R2 / R1)^2, [3] share of the smaller disk that is
covered, [4] width of an eclipse in phase, [5] semi-amplitude of the ellipsoidal variation.
Phase 0 (`epochOfMax`) is quadrature; in the primary eclipse, at phase 0.25, star 2 covers star 1;
the secondary is at 0.75.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import k0

from skytract.pipelines.simulate.variability.kinds import WAVELENGTH

PLANCK = 14387.77
"""Second radiation constant h c / k, nm times 1000 K (CODATA 2018)."""

ECLIPSE_AREA = 2.0 * np.e * float(k0(1.0))
"""Integral of exp(1 - cosh x) over x."""


def eclipse_depths(
    params: NDArray[np.float32], band: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the light lost in primary and secondary eclipse over the light outside, (n,) each.

    Black bodies of both temperatures in the bands' effective wavelengths; in either eclipse the
    covered area is params[3] times the smaller disk.
    """
    temperature, ratio, area, share = params[:, :4].astype(np.float64).T
    wavelength = WAVELENGTH[band]
    first = 1.0 / np.expm1(PLANCK / (wavelength * temperature))
    second = 1.0 / np.expm1(PLANCK / (wavelength * temperature * ratio))
    covered = share * np.minimum(area, 1.0) / (first + area * second)
    return np.asarray(covered * first), np.asarray(covered * second)


def eclipses(objects: NDArray[np.void], mjd: NDArray[np.float64], band: int) -> NDArray[np.float64]:
    """Return flux over its mean over a period, shape (n,).

    F = 1 - d1 E(phase - 1/4) - d2 E(phase - 3/4) + e cos(4 pi phase), E(x) = exp(1 - cosh(x / w)):
    the phenomenological eclipse of Mikulasek (2015, A&A 584, A8, eq. 6, with exponent 1), and a
    tidally deformed star that is brightest in quadrature. Arguments as in `pulsation`.
    """
    params = objects["varParams"]
    primary, secondary = eclipse_depths(params, band)
    width, tide = params[:, 4].astype(np.float64), params[:, 5].astype(np.float64)
    phase = ((mjd - objects["epochOfMax"]) / objects["period"]) % 1.0
    flux = 1.0 - primary * _eclipse((phase + 0.25) % 1.0 - 0.5, width)
    flux -= secondary * _eclipse((phase - 0.25) % 1.0 - 0.5, width)
    flux += tide * np.cos(4.0 * np.pi * phase)
    return np.asarray(flux / (1.0 - (primary + secondary) * width * ECLIPSE_AREA))


def _eclipse(phase: NDArray[np.float64], width: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return exp(1 - cosh(phase / width)); cosh is cut where the result vanishes."""
    return np.asarray(np.exp(1.0 - np.cosh(np.minimum(np.abs(phase) / width, 7.0))))
