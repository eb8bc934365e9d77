"""Polynomials over a detector or a field, as products of Legendre polynomials."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def terms(order: int) -> int:
    """Return how many products have a total degree of up to `order`; none for -1.

    Examples
    --------
    >>> [terms(order) for order in (-1, 0, 1, 3)]
    [0, 1, 3, 10]
    """
    return (order + 1) * (order + 2) // 2


def degrees(order: int) -> NDArray[np.int64]:
    """Return the total degree of each product, ascending, shape (terms(order),)."""
    return np.repeat(np.arange(order + 1), np.arange(1, order + 2))


def legendre(order: int, u: Floats, v: Floats) -> Floats:
    """Return products P_i(u) P_j(v), i + j <= order, each of unit rms over the square.

    Parameters
    ----------
    order
        Highest total degree.
    u, v
        Places from -1 to 1, shape (n,).

    Returns
    -------
    ndarray, shape (n, terms(order))
        By total degree, then by j: those of a lower order come first.

    Examples
    --------
    >>> legendre(1, np.array([1.0]), np.array([0.0])).round(3).tolist()
    [[1.0, 1.732, 0.0]]
    """
    columns = np.empty((len(u), terms(order)))
    p, q = _polynomials(order, u), _polynomials(order, v)
    number = 0
    for degree in range(order + 1):
        for j in range(degree + 1):
            np.multiply(p[degree - j], q[j], out=columns[:, number])
            number += 1
    return columns


def _polynomials(order: int, u: Floats) -> list[Floats]:
    """Return the Legendre polynomials of degree 0 to `order`, times sqrt(2 n + 1)."""
    plain = [np.ones_like(u), u]
    for n in range(1, order):
        plain.append(((2 * n + 1) * u * plain[n] - n * plain[n - 1]) / (n + 1))
    return [np.sqrt(2.0 * n + 1.0) * p for n, p in enumerate(plain[: order + 1])]
