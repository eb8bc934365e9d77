"""Star flat: how the zero point varies over a detector, as Chebyshev polynomials of mean 1.

    g(x, y) = sum_ij c_ij T_i(u) T_j(v),    u = (2 x + 1) / nx - 1,    v = (2 y + 1) / ny - 1

for i + j up to `DEGREE`; a flux is multiplied by it. The mean over the detector is 1, so that zMean
stays the zero point of the whole.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.floating]

DEGREE = 3
"""Greatest i + j."""

ORDERS = tuple((i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i))
"""(i, j) of the ten coefficients, as they are stored."""

TERMS = len(ORDERS) - 1
"""Terms beside the mean."""

MEANS = np.array(
    [1.0 / ((1 - i * i) * (1 - j * j)) if i % 2 == 0 and j % 2 == 0 else 0.0 for i, j in ORDERS]
)
"""Means of T_i(u) T_j(v) over the detector: that of T_n is 1 / (1 - n^2) for even n, else 0."""


def flat_terms(u: Floats, v: Floats) -> Array:
    """Return the terms of a star flat beside its mean, each of mean 0 over the detector.

    Parameters
    ----------
    u, v : ndarray, shape (n,)
        Place on the detector, from -1 to 1 [half widths].

    Returns
    -------
    ndarray, shape (n, 9)
    """
    along, across = _chebyshev(u), _chebyshev(v)
    terms = np.empty((len(u), TERMS))
    for k, (i, j) in enumerate(ORDERS[1:]):
        terms[:, k] = along[i] * across[j] - MEANS[k + 1]
    return terms


def flat_coefficients(amplitudes: ArrayLike) -> Array:
    """Return the ten coefficients of g = 1 + sum_k amplitude_k term_k (`flat_terms`).

    Parameters
    ----------
    amplitudes : array_like, shape (..., 9)

    Returns
    -------
    ndarray, shape (..., 10)
    """
    a = np.asarray(amplitudes, float)
    return np.concatenate([1.0 - a @ MEANS[1:, None], a], axis=-1)


def star_flat(
    coefficients: ArrayLike, nx: ArrayLike, ny: ArrayLike, x: ArrayLike, y: ArrayLike
) -> Array:
    """Return g at zero-based pixels, as calibration.star_flat does.

    Parameters
    ----------
    coefficients : array_like, shape (..., 10)
        Of one detector and band, or of each place.
    nx, ny : array_like
        Size of the detector [px].
    x, y : array_like, shape (...)
        Places [px].

    Examples
    --------
    >>> float(star_flat([1.0, 0.0, 0.0, 0.0, 0.02] + [0.0] * 5, 100, 100, 99.5, 0.0))
    1.02
    """
    u = (2.0 * np.asarray(x, float) + 1.0) / np.asarray(nx, float) - 1.0
    v = (2.0 * np.asarray(y, float) + 1.0) / np.asarray(ny, float) - 1.0
    along, across, c = _chebyshev(u), _chebyshev(v), np.asarray(coefficients, float)
    total = np.zeros(np.broadcast_shapes(u.shape, v.shape, c.shape[:-1]))
    for k, (i, j) in enumerate(ORDERS):
        total = total + c[..., k] * along[i] * across[j]
    return total


def _chebyshev(u: Floats) -> list[Floats]:
    """Return the Chebyshev polynomials of degree 0 to 3."""
    square = u * u
    return [np.ones_like(u), u, 2.0 * square - 1.0, u * (4.0 * square - 3.0)]
