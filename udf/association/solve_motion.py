"""The least-squares solution for positions, proper motions and parallaxes of many objects."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MIN_POSITIONS = 5
"""Fewer positions than this are not fitted: one bad one among them could not be told."""

CONDITION_LIMIT = 1e4
"""Greatest condition number of a fit: its worst error is then some 100 times that of the position.

Visits within some hundred days exceed it, or within ten days of the same season of every year;
spread over a year or ten it is 5 to 70.
"""

SUMS = 21
"""Sums per object: n, chi2 of no offset, 5 of the right-hand side, 14 of the normal matrix."""

SOLUTION = 21
"""Numbers returned per object: 5 parameters, the upper triangle of their covariance, chi2."""

RIGHT = np.arange(2, 7)
"""Places of the right-hand side, in the order east, pm east, north, pm north, parallax."""

MATRIX = np.array(
    [
        [7, 8, 9, 10, 11],
        [8, 12, 10, 13, 14],
        [9, 10, 15, 16, 17],
        [10, 13, 16, 18, 19],
        [11, 14, 17, 19, 20],
    ]
)
"""Places of the elements of the normal matrix; two of the fifteen are the same sum."""

TRIANGLE = np.triu_indices(5)


def solve_motion(sums: ArrayLike) -> list[list[float]]:
    """Return position, proper motion, parallax, their covariance and chi2 of many objects.

    With offsets (xi, eta) from a reference position, years t from a reference epoch and parallax
    factors (P, Q), the model is ::

        xi = x + u t + p P,    eta = y + v t + p Q

    and with the weights W, the inverse of a position's covariance, its normal equations are made
    of the sums of ::

        1, xi.W.xi, (x: W xi), (u: t W xi), (y: W eta), (v: t W eta), (p: P W xi + Q W eta),
        xx, xu, xy, xv = yu, xp, uu, uv, up, yy, yv, yp, vv, vp, pp

    (as `association.accumulate_motions` makes them). Times are counted from their weighted mean and
    each axis in units of its mean error before the matrix is inverted, by its eigenvalues: their
    ratio tells whether the visits determine all five parameters.

    Parameters
    ----------
    sums : array_like, shape (n, 21)
        The sums [mas, yr] of each object.

    Returns
    -------
    list of n lists of 21 float
        x [mas], u [mas/yr], y [mas], v [mas/yr], p [mas], the upper triangle of their covariance
        row by row, and chi2; all NaN with fewer than `MIN_POSITIONS` positions, or if the
        condition number exceeds `CONDITION_LIMIT`.
    """
    terms = np.asarray(sums, float).reshape(-1, SUMS)
    solution = np.full((len(terms), SOLUTION), np.nan)
    usable = np.flatnonzero((terms[:, 0] >= MIN_POSITIONS) & np.isfinite(terms).all(axis=1))
    terms = terms[usable]
    to_mean = _to_mean_epoch(terms)
    covariance, determined = _invert(_transposed(to_mean) @ terms[:, MATRIX] @ to_mean)
    covariance = to_mean @ covariance @ _transposed(to_mean)
    parameters = np.einsum("nij,nj->ni", covariance, terms[:, RIGHT])
    chi2 = terms[:, 1] - np.einsum("ni,ni->n", terms[:, RIGHT], parameters)
    found = [parameters, covariance[:, TRIANGLE[0], TRIANGLE[1]], np.maximum(chi2, 0.0)[:, None]]
    solution[usable[determined]] = np.concatenate(found, axis=1)[determined]
    rows: list[list[float]] = solution.tolist()
    return rows


def _transposed(matrices: Floats) -> Floats:
    return np.swapaxes(matrices, -1, -2)


def _to_mean_epoch(terms: Floats) -> Floats:
    """Return matrices (n, 5, 5) that take parameters at the weighted mean epoch to t = 0."""
    mean = (terms[:, 8] + terms[:, 16]) / (terms[:, 7] + terms[:, 15])
    change = np.tile(np.eye(5), (len(terms), 1, 1))
    change[:, 0, 1] = change[:, 2, 3] = -mean
    return change


def _invert(normal: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Invert matrices (n, 5, 5), and tell which of them are far from singular."""
    east, north = normal[:, 0, 0], normal[:, 2, 2]
    unit = np.stack([east, east, north, north, east + north], axis=1) ** -0.5
    values, vectors = np.linalg.eigh(unit[:, :, None] * normal * unit[:, None, :])
    determined = values[:, 0] * CONDITION_LIMIT > values[:, -1]
    vectors = unit[:, :, None] * vectors
    inverse = vectors / np.where(determined, values.T, 1.0).T[:, None, :] @ _transposed(vectors)
    return inverse, determined
