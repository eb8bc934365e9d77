"""What dust of the Galaxy takes from r, and hydrogen between the galaxies from a spectrum."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.dust import TOTAL_TO_SELECTIVE, extinction_curve

RED_EXTINCTION = TOTAL_TO_SELECTIVE * float(extinction_curve(622.0))
"""A_r / E(B-V) at the effective wavelength of r."""

LYMAN_SERIES = np.array([[121.567, 102.572, 97.254, 94.974], [0.0036, 0.0017, 0.0012, 0.00093]])
"""Rest wavelengths [nm] of Lyman alpha to delta, and the strengths of their forests (Madau 1995,
equations 12 and 15)."""

LYMAN_LIMIT = 91.1753
"""nm."""


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
