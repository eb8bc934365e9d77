"""Draw a population from bright to faint, so that no object depends on fainter ones."""

import numpy as np
from numpy.typing import NDArray

SAFETY = 8.0
"""So many standard deviations more uniforms are drawn at first than are expected to be needed."""


def draw_in_order(
    rng: np.random.Generator, expected: NDArray[np.float64], columns: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw Poisson numbers of objects in bins, in the order of the bins.

    A Poisson process of rate 1 runs through the cumulative expectation; object k uses row k of one
    stream of uniforms. Bins appended at the end therefore change nothing before them.

    Parameters
    ----------
    rng
        Generator of this population in this piece of sky.
    expected
        Mean number in every bin, first axis first; any shape.
    columns
        Number of uniforms that an object needs for everything else.

    Returns
    -------
    bins
        Flat index of the bin of each object, ascending, shape (n,).
    uniforms
        In [0, 1), shape (n, columns).

    Examples
    --------
    >>> draw = lambda bins: draw_in_order(np.random.default_rng(1), np.full(bins, 0.5), 2)
    >>> few, many = draw(20), draw(40)
    >>> n = len(few[0])
    >>> bool((few[0] == many[0][:n]).all() and (few[1] == many[1][:n]).all())
    True
    """
    total = np.cumsum(expected)
    end = total[-1] if total.size else 0.0
    rows = rng.random((int(end + SAFETY * np.sqrt(end)) + 16, columns + 1))
    while (times := np.cumsum(-np.log1p(-rows[:, 0])))[-1] < end:
        rows = np.concatenate([rows, rng.random((16 + len(rows) // 8, columns + 1))])
    number = int(np.searchsorted(times, end))
    bins = np.searchsorted(total, times[:number], side="right")
    return bins, rows[:number, 1:]
