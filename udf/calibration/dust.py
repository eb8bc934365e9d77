"""Dust in front of a source: the mean extinction of the Galaxy.

Cardelli, Clayton & Mathis 1989, ApJ 345, 245.
"""

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

TOTAL_TO_SELECTIVE = 3.1
"""R_V = A_V / E(B-V) of the diffuse interstellar medium."""

OPTICAL_A = Polynomial([1.0, 0.17699, -0.50447, -0.02427, 0.72085, 0.01979, -0.77530, 0.32999])
OPTICAL_B = Polynomial([0.0, 1.41338, 2.28305, 1.07233, -5.38434, -0.62251, 5.30260, -2.09002])
"""A(l)/A_V = a + b/R_V in powers of 1000/l - 1.82, 303 to 909 nm (eqs. 3a and 3b)."""


def extinction_curve(wavelength_nm: ArrayLike) -> Array:
    """Return A(wavelength) / A_V for R_V = 3.1, from 300 to 3300 nm.

    Examples
    --------
    >>> extinction_curve([549.45, 1250.0]).round(3).tolist()  # table 3 there: J 0.282
    [1.0, 0.282]
    """
    x = 1000.0 / np.asarray(wavelength_nm, float)
    infrared = x < 1.1
    a = np.where(infrared, 0.574 * x**1.61, OPTICAL_A(x - 1.82))
    b = np.where(infrared, -0.527 * x**1.61, OPTICAL_B(x - 1.82))
    return np.asarray(a + b / TOTAL_TO_SELECTIVE)


def dust_transmission(wavelength_nm: ArrayLike, ebv: float) -> Array:
    """Return the fraction of the light that passes dust of E(B-V) = `ebv` mag."""
    return np.asarray(10.0 ** (-0.4 * TOTAL_TO_SELECTIVE * ebv * extinction_curve(wavelength_nm)))
