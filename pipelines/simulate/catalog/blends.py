"""Close pairs that a detector cannot tell apart: the brighter swallows the fainter."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

STRIP = 16.0
"""Height of the strips that are searched for pairs, in radii: few points are near their borders,
and few points of a strip are as near to each other in x as a pair is."""

FINE = 4096.0
"""To such a part of the radius places along a strip are told apart when they are sorted."""


def close_pairs(x: Floats, y: Floats, radius: float) -> tuple[Indices, Indices]:
    """Return all pairs of points closer than `radius`, each once.

    The plane is cut into strips, `STRIP` times as high as the radius. Within a strip points sorted
    by x are compared with their next, second next, ... neighbours until none is near. Close points
    of two strips are both near the border between them: the few points near borders are compared
    once more, in strips about the borders; pairs that shared a strip before are known.
    """
    if not len(x):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    width = float(np.ptp(x)) + 2.0 * radius
    height = y / (STRIP * radius)
    strip, border = np.floor(height), np.rint(height)
    i, j = _neighbours(strip * width + x, x, y, radius)
    edge = np.flatnonzero(np.abs(height - border) < 1.001 / STRIP)
    k, m = _neighbours((border * width + x).take(edge), x.take(edge), y.take(edge), radius)
    k, m = edge[k], edge[m]
    new = strip[k] != strip[m]
    return np.concatenate([i, k[new]]), np.concatenate([j, m[new]])


def _neighbours(key: Floats, x: Floats, y: Floats, radius: float) -> tuple[Indices, Indices]:
    """Return pairs of points that are near in key and in the plane.

    Keys are sorted as whole numbers, `FINE` to the radius, with the row below them: to sort numbers
    takes a quarter of the time that it takes to sort rows by numbers.
    """
    bits = len(key).bit_length()
    packed = (key * (FINE / radius)).astype(np.int64)
    packed <<= bits
    packed |= np.arange(len(key))
    packed.sort()
    order, keys = packed & ((1 << bits) - 1), packed >> bits
    pairs = [(order[:0], order[:0])]
    near = np.flatnonzero(np.diff(keys) < 1.001 * FINE)
    step = 1
    while len(near):
        i, j = order[near], order[near + step]
        close = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 < radius * radius
        pairs.append((i[close], j[close]))
        step += 1
        near = near[: np.searchsorted(near, len(order) - step)]
        near = near[keys[near + step] - keys[near] < 1.001 * FINE]  # who was not is not later
    left, right = zip(*pairs, strict=True)
    return np.concatenate(left), np.concatenate(right)


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
