"""Close pairs that a detector cannot tell apart: the brighter swallows the fainter."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def close_pairs(x: Floats, y: Floats, radius: float) -> tuple[Indices, Indices]:
    """Return all pairs of points closer than `radius`, each once.

    The plane is cut into strips twice as high as the radius, twice, the second time half a strip
    higher: two close points share a strip of one cut or the other. Within a strip points sorted by
    x are compared with their next, second next, ... neighbours until none is near.
    """
    if not len(x):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    width = float(np.ptp(x)) + 2.0 * radius
    found = []
    for offset in (0.0, 1.0):
        key = np.floor(y / (2.0 * radius) + 0.5 * offset) * width + x
        found.append(_neighbours(key, x, y, radius))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _neighbours(key: Floats, x: Floats, y: Floats, radius: float) -> Indices:
    """Return pairs, lower index first, shape (m, 2), that are near in key and in the plane."""
    order = np.argsort(key)
    keys, found = key[order], [np.zeros((0, 2), np.int64)]
    for step in range(1, len(order)):
        near = np.flatnonzero(keys[step:] - keys[:-step] < 1.001 * radius)
        if not len(near):
            break
        i, j = order[near], order[near + step]
        close = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 < radius * radius
        found.append(np.sort(np.stack([i[close], j[close]], axis=1), axis=1))
    return np.concatenate(found)


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
