"""Sums per group, whatever else is in the batch, and values as the tables hold them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REAL = np.finfo(np.float32)


def group_sum(group: NDArray[np.int64], count: int, values: Floats) -> Floats:
    """Return the sum of the values of each group 0 .. count - 1, added row after row.

    `numpy.bincount` adds in the order of the rows, so a sum is the same to the last bit whatever
    groups lie between them, and the same as a running sum; `numpy.sum` would add in pairs.
    """
    return np.asarray(np.bincount(group, weights=values, minlength=count), np.float64)


def as_real(values: Floats) -> Floats:
    """Return the values as a column of type real holds them: NaN if too large, 0 if too small."""
    size = np.abs(values)
    fitting = np.where(size <= float(REAL.max), values, np.nan)
    return np.where(size < float(REAL.tiny), 0.0, fitting)


def nullable(values: Floats) -> list[float | None]:
    """Return a list with None, which becomes NULL, where a value is not finite."""
    found = values.astype(object)
    found[~np.isfinite(values)] = None
    return list(found.tolist())
