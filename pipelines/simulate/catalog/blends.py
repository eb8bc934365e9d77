"""Close pairs that a detector cannot tell apart: the brighter swallows the fainter."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def close_pairs(x: Floats, y: Floats, radius: float) -> tuple[Indices, Indices]:
    """Return all pairs of points closer than `radius`, each once.

    Points sorted by x are compared with their next, second next, ... neighbours until none is
    within the radius in x.
    """
    order = np.argsort(x, kind="stable")
    xs, ys = x[order], y[order]
    first, second = [], []
    for step in range(1, len(order)):
        dx = xs[step:] - xs[:-step]
        near = np.flatnonzero(dx < radius)
        if not len(near):
            break
        dy = ys[near + step] - ys[near]
        near = near[dx[near] ** 2 + dy * dy < radius * radius]
        first.append(order[near])
        second.append(order[near + step])
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *first]), np.concatenate([empty, *second])


def swallowed(x: Floats, y: Floats, brightness: Floats, radius: float) -> Indices:
    """Return for every point the row it is measured as part of, shape (n,); itself if alone.

    A point belongs to the brightest brighter point within the radius, which may belong to another.
    """
    owner = np.arange(len(x))
    i, j = close_pairs(x, y, radius)
    if not len(i):
        return owner
    ahead = (brightness[i] > brightness[j]) | ((brightness[i] == brightness[j]) & (i < j))
    faint, bright = np.where(ahead, [j, i], [i, j])
    order = np.lexsort((-bright, brightness[bright], faint))  # the brightest comes last and stays
    owner[faint[order]] = bright[order]
    while np.any(owner != owner[owner]):
        owner = owner[owner]
    return owner
