"""Types and redshifts of galaxies of a given brightness."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR = {
    "early": (2.46, 0.431, 0.091, 0.35, 0.147),
    "spiral": (1.81, 0.390, 0.0636, 0.50, 0.450),
    "irregular": (0.91, 0.063, 0.123, 0.0, 0.0),
}
"""alpha, z0, k_m, f, k of the distribution of types and redshifts at i magnitude (Benitez 2000,
table 1): p(type) = f exp(-k (i - 20)), p(z) ~ z^alpha exp(-(z / (z0 + k_m (i - 20)))^alpha)."""

_UNIT_REDSHIFT = np.linspace(0.0, 6.0, 3001)


def draw_redshifts(
    magnitude: Floats, which: Floats, quantile: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Draw types and redshifts at i magnitudes from uniform numbers, shape (n,).

    Brighter than 20 the types keep their shares and redshifts fall as 10^(0.2 i).
    """
    faint = np.maximum(magnitude - 20.0, 0.0)
    bright = 10.0 ** (0.2 * np.minimum(magnitude - 20.0, 0.0))
    shares = [f * np.exp(-k * faint) for _, _, _, f, k in PRIOR.values()]
    kinds = (which > shares[0]).astype(np.int64) + (which > shares[0] + shares[1])
    redshift = np.empty_like(magnitude)
    for kind, (alpha, start, rate, _, _) in enumerate(PRIOR.values()):
        rows = kinds == kind
        unit = np.interp(quantile[rows], _cumulative(alpha), _UNIT_REDSHIFT)
        redshift[rows] = unit * (start + rate * faint[rows]) * bright[rows]
    return kinds, redshift


@cache
def _cumulative(alpha: float) -> Floats:
    """Return the cumulative distribution of z / z_m ~ x^alpha exp(-x^alpha) at _UNIT_REDSHIFT."""
    total = np.cumsum(_UNIT_REDSHIFT**alpha * np.exp(-(_UNIT_REDSHIFT**alpha)))
    return np.asarray(total / total[-1])
