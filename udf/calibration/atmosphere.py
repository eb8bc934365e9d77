"""Transmission of the atmosphere from six numbers: what is stored per visit.

Continuum from published formulas; lines of O2 and H2O from tables of optical depth averaged over
1 nm, which are handed in. Lines are saturated within a bin, so their depth grows slower than the
column (curve of growth): a law of Beer and Lambert for water would err by 34 mmag in y.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.spectra import WAVELENGTH

Array = NDArray[np.float64]

SEA_LEVEL = 1013.25
"""Pressure at sea level [mbar]."""

AEROSOL_WAVELENGTH = 775.0
"""Wavelength at which the depth of the aerosols is stated [nm]."""

LINES_AIRMASS, LINES_PWV = 1.2, 3.0
"""Airmass and precipitable water [mm] that the tables of the lines stand for."""

O2_GROWTH, H2O_GROWTH = 0.5, 0.6
"""Exponents of the curves of growth of the averaged lines."""

OZONE = np.array(
    # nm, absorption per atm-cm (1000 DU), base e: Bird & Riordan 1984 (SERI/TR-215-2436), table 1.
    [
        (300.0, 10.0), (305.0, 4.8), (310.0, 2.7), (315.0, 1.35), (320.0, 0.8), (325.0, 0.38),
        (330.0, 0.16), (335.0, 0.075), (340.0, 0.04), (345.0, 0.019), (350.0, 0.007), (360.0, 0.0),
        (440.0, 0.0), (450.0, 0.003), (460.0, 0.006), (470.0, 0.009), (480.0, 0.014),
        (490.0, 0.021), (500.0, 0.03), (510.0, 0.04), (520.0, 0.048), (530.0, 0.063),
        (540.0, 0.075), (550.0, 0.085), (570.0, 0.12), (593.0, 0.119), (610.0, 0.12),
        (630.0, 0.09), (656.0, 0.065), (667.6, 0.051), (690.0, 0.028), (710.0, 0.018),
        (718.0, 0.015), (724.4, 0.012), (740.0, 0.01), (752.5, 0.008), (757.5, 0.007),
        (762.5, 0.006), (767.5, 0.005), (780.0, 0.0),
    ]
)  # fmt: skip
"""Absorption of ozone: the bands of Huggins and of Chappuis."""


class LineDepths(NamedTuple):
    """Optical depths of the lines in the bins, at airmass 1.2 and 3 mm of water, shape (801,)."""

    o2: Array
    h2o: Array


class Conditions(NamedTuple):
    """Atmosphere of a visit, or arrays of those of many, as `transmission` takes it."""

    airmass: ArrayLike
    pressure: ArrayLike
    """Of the site [mbar]."""
    pwv: ArrayLike
    """Precipitable water at the zenith [mm]."""
    ozone: ArrayLike
    """Column at the zenith [DU]."""
    aerosol_depth: ArrayLike
    """Optical depth at the zenith, at 775 nm."""
    aerosol_exponent: ArrayLike
    """Of wavelength, positive when blue light is scattered more."""


STANDARD = Conditions(1.2, 778.0, 3.0, 263.0, 0.03, 1.0)
"""Cerro Pachon as it is assumed under the standard passbands: airmass 1.2, water 3 mm."""


def continuum_depth(
    airmass: ArrayLike,
    pressure: ArrayLike,
    ozone: ArrayLike,
    aerosol_depth: ArrayLike,
    aerosol_exponent: ArrayLike,
) -> Array:
    """Return the optical depth of molecules, ozone and aerosols.

    Scattering by molecules after Bird & Riordan 1984, eq. 2-4.

    Parameters
    ----------
    airmass, pressure, ozone, aerosol_depth, aerosol_exponent : array_like, shape (...)
        As in `Conditions`; broadcast against each other.

    Returns
    -------
    ndarray, shape (..., 801)
        Optical depth along the line of sight.
    """
    x, p, o3, tau, alpha = (
        np.asarray(a, float)[..., None]
        for a in (airmass, pressure, ozone, aerosol_depth, aerosol_exponent)
    )
    micron = WAVELENGTH / 1000.0
    molecules = p / SEA_LEVEL / (micron**4 * (115.6406 - 1.335 / micron**2))
    chappuis = o3 / 1000.0 * np.interp(WAVELENGTH, OZONE[:, 0], OZONE[:, 1])
    aerosols = tau * (WAVELENGTH / AEROSOL_WAVELENGTH) ** -alpha
    return np.asarray(x * (molecules + chappuis + aerosols))


def transmission(
    airmass: ArrayLike,
    pressure: ArrayLike,
    pwv: ArrayLike,
    ozone: ArrayLike,
    aerosol_depth: ArrayLike,
    aerosol_exponent: ArrayLike,
    lines: LineDepths,
) -> Array:
    """Return the transmission of the atmosphere in the bins.

    Parameters
    ----------
    airmass, pressure, pwv, ozone, aerosol_depth, aerosol_exponent : array_like, shape (...)
        As in `Conditions` (mbar, mm, DU); broadcast against each other.
    lines : LineDepths
        Optical depths of the lines of O2 and H2O, each of shape (801,).

    Returns
    -------
    ndarray, shape (..., 801)
        Fraction of the photons that arrive, 0 to 1.
    """
    x, water = np.asarray(airmass, float)[..., None], np.asarray(pwv, float)[..., None]
    depth = continuum_depth(airmass, pressure, ozone, aerosol_depth, aerosol_exponent)
    depth = depth + lines.o2 * (x / LINES_AIRMASS) ** O2_GROWTH
    column = water * x / (LINES_PWV * LINES_AIRMASS)
    return np.asarray(np.exp(-(depth + lines.h2o * column**H2O_GROWTH)))
