"""What differs from detector to detector, for rows that are in the order of detectors.

Rows carry a slot: the place of their detector among those that are worked out together.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Number = TypeVar("Number", bound=np.floating)
Anything = TypeVar("Anything", bound=np.generic)
Random = TypeVar("Random")


def by_detector(
    matrices: NDArray[np.floating], columns: NDArray[Number], slot: Indices
) -> NDArray[Number]:
    """Multiply every column by the matrix of its detector.

    Parameters
    ----------
    matrices
        One per detector, shape (d, m, k).
    columns
        Shape (k, n).
    slot
        Row of the detector of each column, ascending, shape (n,).

    Returns
    -------
    ndarray
        Shape (m, n).
    """
    product = np.empty((matrices.shape[1], len(slot)), columns.dtype)
    for matrix, (first, last) in zip(matrices, bounds(slot, len(matrices)), strict=True):
        np.matmul(matrix, columns[:, first:last], out=product[:, first:last])
    return product


def bounds(slot: Indices, detectors: int) -> list[tuple[int, int]]:
    """Return where the rows of every detector begin and end, of their ascending slots."""
    edges = np.searchsorted(slot, np.arange(detectors + 1)).tolist()
    return list(pairwise(edges))


def spread(values: NDArray[Anything], slot: Indices) -> NDArray[Anything]:
    """Return the values of detectors, shape (..., d), at rows, shape (..., n)."""
    return np.repeat(values, np.bincount(slot, minlength=values.shape[-1]), axis=-1)


def draw(
    dice: Sequence[Random], slot: Indices, how: Callable[[Random, int], NDArray[Number]]
) -> NDArray[Number]:
    """Return what `how` draws from each detector's random numbers for its rows, shape (..., n)."""
    edges = bounds(slot, len(dice))
    parts = [how(rng, last - first) for rng, (first, last) in zip(dice, edges, strict=True)]
    return np.concatenate(parts, axis=-1)
