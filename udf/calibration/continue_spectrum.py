"""Continue a measured spectrum smoothly beyond its ends.

Passbands reach from 320 to 1100 nm, and published spectra often do not. A continuation is a guess:
libraries mark where it begins.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.spectra import WAVELENGTH

Array = NDArray[np.float64]

MATCHED = 20.0
"""Stretch at either end [nm] whose mean the continuation takes over."""

SECOND_RADIATION = 14387768.8
"""hc/k [nm K] (CODATA 2018)."""

QSO_SLOPE = -0.44
"""Exponent of frequency of f_nu of QSOs (Vanden Berk et al. 2001, AJ 122, 549, section 4.1)."""


def continue_spectrum(
    wavelength_nm: ArrayLike, f_nu: ArrayLike, temperature: float | None = None
) -> tuple[Array, Array]:
    """Add nodes of 1 nm beyond either end, as far as 299 and 1101 nm.

    Parameters
    ----------
    wavelength_nm, f_nu : array_like, shape (k,)
        The spectrum, wavelengths in nm and increasing.
    temperature : float, optional
        Effective temperature [K] of the black body that a star goes on as; without one the
        spectrum goes on as a power law with the slope of the composite QSO.

    Returns
    -------
    wavelength, f_nu : ndarray
        The spectrum with its continuations.

    Examples
    --------
    >>> nodes, flux = continue_spectrum([400.0, 450.0, 500.0], [1.0, 1.0, 1.0], 6000.0)
    >>> float(nodes[0]), float(nodes[-1]), bool(flux[0] < 1.0)
    (299.0, 1101.0, True)
    """
    nodes, flux = np.asarray(wavelength_nm, float), np.asarray(f_nu, float)
    blue = np.arange(WAVELENGTH[0] - 1.0, nodes[0] - 0.5)
    red = np.arange(WAVELENGTH[-1] + 1.0, nodes[-1] + 0.5, -1.0)[::-1]
    bluest, reddest = nodes <= nodes[0] + MATCHED, nodes >= nodes[-1] - MATCHED
    curves = [
        _beyond(blue, nodes[bluest], flux[bluest], temperature),
        flux,
        _beyond(red, nodes[reddest], flux[reddest], temperature),
    ]
    return np.concatenate([blue, nodes, red]), np.concatenate(curves)


def _beyond(wavelength: Array, nodes: Array, flux: Array, temperature: float | None) -> Array:
    """Return the continuation at some wavelengths, which has the mean of the spectrum's end."""
    if not len(wavelength):
        return wavelength
    scale = flux.mean() / _shape(nodes, temperature).mean()
    return np.asarray(scale * _shape(wavelength, temperature))


def _shape(wavelength: Array, temperature: float | None) -> Array:
    """Return f_nu of the continuation, at any scale."""
    if temperature is None:
        return np.asarray(wavelength**-QSO_SLOPE)
    return np.asarray(wavelength**-3.0 / np.expm1(SECOND_RADIATION / (wavelength * temperature)))
