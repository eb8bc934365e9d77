"""What dust of the Galaxy and hydrogen between the galaxies take from a spectrum."""

import numpy as np
from numpy.typing import NDArray

TOTAL_TO_SELECTIVE = 3.1
"""R_V = A_V / E(B-V) of the diffuse interstellar medium (Cardelli, Clayton & Mathis 1989)."""

LYMAN_SERIES = np.array([[121.567, 102.572, 97.254, 94.974], [0.0036, 0.0017, 0.0012, 0.00093]])
"""Rest wavelengths [nm] of Lyman alpha to delta, and the strengths of their forests (Madau 1995,
equations 12 and 15)."""

LYMAN_LIMIT = 91.1753
"""nm."""


def extinction_curve(wavelength: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return A(wavelength) / A_V for R_V = 3.1, 300 to 3,300 nm (Cardelli, Clayton & Mathis 1989).

    Examples
    --------
    >>> extinction_curve(np.array([549.5, 900.0])).round(2).tolist()
    [1.0, 0.48]
    """
    x = 1000.0 / np.asarray(wavelength)
    y = x - 1.82
    a = np.polyval([0.32999, -0.77530, 0.01979, 0.72085, -0.02427, -0.50447, 0.17699, 1.0], y)
    b = np.polyval([-2.09002, 5.30260, -0.62251, -5.38434, 1.07233, 2.28305, 1.41338, 0.0], y)
    red = x < 1.1
    a, b = np.where(red, 0.574 * x**1.61, a), np.where(red, -0.527 * x**1.61, b)
    return np.asarray(a + b / TOTAL_TO_SELECTIVE)


def dust_transmission(wavelength: NDArray[np.float64], reddening: float) -> NDArray[np.float64]:
    """Return the fraction of the light that passes dust of E(B-V) = `reddening` mag."""
    magnitudes = TOTAL_TO_SELECTIVE * reddening * extinction_curve(wavelength)
    return np.asarray(10.0 ** (-0.4 * magnitudes))


def forest_transmission(wavelength: NDArray[np.float64], redshift: float) -> NDArray[np.float64]:
    """Return the mean fraction of the light of a galaxy that passes intergalactic hydrogen.

    Lines and photoelectric absorption of Madau (1995, equation 15 and footnote 3).

    Parameters
    ----------
    wavelength
        Observed, nm, shape (n,).
    redshift
        Of the galaxy.
    """
    depth = np.zeros_like(wavelength)
    for line, strength in LYMAN_SERIES.T:
        depth += np.where(
            wavelength < line * (1.0 + redshift), strength * (wavelength / line) ** 3.46, 0
        )
    emitted, x = 1.0 + redshift, np.maximum(wavelength / LYMAN_LIMIT, 1e-3)
    edge = (
        0.25 * x**3 * (emitted**0.46 - x**0.46)
        + 9.4 * x**1.5 * (emitted**0.18 - x**0.18)
        - 0.7 * x**3 * (x**-1.32 - emitted**-1.32)
        - 0.023 * (emitted**1.68 - x**1.68)
    )
    return np.asarray(np.exp(-depth - np.where(x < emitted, np.maximum(edge, 0.0), 0.0)))


RED_EXTINCTION = TOTAL_TO_SELECTIVE * float(extinction_curve(np.array([622.0]))[0])
"""A_r / E(B-V) at the effective wavelength of r."""
