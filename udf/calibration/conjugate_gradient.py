"""Conjugate gradients with a preconditioner (Hestenes & Stiefel 1952)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ITERATIONS = 2000
"""Far more than the zero points or WCS of a survey need (a hundred or two)."""


class Solved(NamedTuple):
    """Solution, and the iterations it took."""

    x: Array
    iterations: int


def conjugate_gradient(
    apply: Callable[[Array], Array],
    right: Array,
    precondition: Callable[[Array], Array],
    residual: float,
) -> Solved:
    """Solve A x = b for a symmetric matrix without negative eigenvalues, from x = 0.

    Where A is singular and b is in its range, the solution has no part along the preconditioned
    null space.

    Parameters
    ----------
    apply : function
        Returns A x.
    right : ndarray, shape (n,)
        b.
    precondition : function
        Returns M x, with a symmetric positive matrix M that is roughly the inverse of A.
    residual : float
        The norm of r = b - A x, sqrt(r^T M r), that is small enough.

    Raises
    ------
    ArithmeticError
        If that is not reached.

    Examples
    --------
    >>> a = np.array([[4.0, 1.0], [1.0, 3.0]])
    >>> b = np.array([1.0, 2.0])
    >>> conjugate_gradient(lambda x: a @ x, b, lambda x: x / np.diag(a), 1e-12).x.round(9)
    array([0.09090909, 0.63636364])
    """
    x, left = np.zeros_like(right), right.copy()
    scaled = precondition(left)
    direction, size = scaled.copy(), float(left @ scaled)
    for iteration in range(ITERATIONS):
        if size <= residual * residual:
            return Solved(x, iteration)
        image = apply(direction)
        step = size / float(direction @ image)
        x += step * direction
        left -= step * image
        scaled = precondition(left)
        before, size = size, float(left @ scaled)
        direction = scaled + (size / before) * direction
    raise ArithmeticError(
        f"the fit of all images did not converge in {ITERATIONS} iterations: they hang together by "
        "too few stars; select fainter stars, or solve fewer visits at a time"
    )
