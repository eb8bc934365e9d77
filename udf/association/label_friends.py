"""Friends of friends among any number of points, exactly, in time proportional to their number.

Points in one cell of a grid whose diagonal is the reach are all friends, so the cells hang together
or not as wholes. Two cells hang together for sure if their spheres do, whatever their members; not
if the spheres are farther apart than the reach; between, the members themselves decide. No step
counts pairs of points of one place: a thousand visits of a star are some ten cells.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

MANY_PAIRS = 1 << 12
"""Two cells with more pairs of members than this between them are compared through a tree."""

BATCH = 1 << 20
"""Pairs of members compared at a time."""


def label_friends(points: Floats, reach: float) -> Indices:
    """Return component numbers of the graph that joins points no farther apart than `reach`.

    Parameters
    ----------
    points : ndarray, shape (n, 2) or (n, 3)
        Finite coordinates in any one unit.
    reach : float
        Largest distance of two friends, in that unit.

    Returns
    -------
    ndarray of int, shape (n,)
        Points have the same number if they hang together; 0 is the least.

    Examples
    --------
    >>> label_friends(np.array([[0.0, 0.0], [9.0, 0.0], [0.8, 0.0], [1.6, 0.0]]), 1.0).tolist()
    [0, 1, 0, 0]
    """
    if len(points) == 0:
        return np.empty(0, dtype=np.intp)
    slack = 8.0 * np.finfo(float).eps * max(1.0, float(np.abs(points).max()))
    edge = (reach - slack) / np.sqrt(points.shape[1])
    order, starts = _cells(points, edge)
    members = np.take(points, order, axis=0)
    counts = np.diff(starts, append=len(points))
    cell = np.repeat(np.arange(len(starts)), counts)
    centre = np.add.reduceat(members, starts) / counts[:, None]
    offset = members - centre[cell]
    radius = np.sqrt(np.maximum.reduceat(np.einsum("ij,ij->i", offset, offset), starts))

    first, second = (
        cKDTree(centre).query_pairs(reach + 2.0 * radius.max() + slack, output_type="ndarray").T
    )
    apart = centre[first] - centre[second]
    distance = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    spheres = radius[first] + radius[second]
    sure = distance + spheres <= reach - slack
    label = connect(len(starts), first[sure], second[sure])
    doubtful = ~sure & (distance - spheres <= reach + slack)
    first, second, distance = first[doubtful], second[doubtful], distance[doubtful]
    cells = Cells(members, starts, counts, centre, radius)
    label = _decide(cells, label, first, second, distance, reach, slack)
    labels = np.empty(len(points), dtype=np.intp)
    labels[order] = label[cell]
    return labels


def connect(count: int, first: Indices, second: Indices) -> Indices:
    """Return the component of each of `count` nodes that are joined by the edges first-second."""
    edges = coo_matrix((np.ones(len(first)), (first, second)), shape=(count, count))
    return np.asarray(connected_components(edges, directed=False)[1], dtype=np.intp)


def _cells(points: Floats, edge: float) -> tuple[Indices, Indices]:
    """Return the order of the points by cell, and where in it each cell starts."""
    place = np.floor(points / edge).astype(np.int64)
    place -= place.min(axis=0)
    span = [int(s) for s in place.max(axis=0) + 1]
    if np.prod([float(s) for s in span]) < 2.0**62:
        key = place[:, 0]
        for axis in range(1, len(span)):
            key = key * span[axis] + place[:, axis]
        order = np.argsort(key, kind="stable")
        change = np.diff(key[order]) != 0
    else:
        order = np.lexsort(place.T)
        change = (np.diff(place[order], axis=0) != 0).any(axis=1)
    return order, np.flatnonzero(np.concatenate([[True], change]))


class Cells(NamedTuple):
    """Points in the order of their cells, and of each cell its start, size, centroid and radius."""

    points: Floats
    starts: Indices
    counts: Indices
    centre: Floats
    radius: Floats


def _decide(
    cells: Cells,
    label: Indices,
    first: Indices,
    second: Indices,
    distance: Floats,
    reach: float,
    slack: float,
) -> Indices:
    """Return the labels of the cells after the members of doubtful pairs have decided.

    Of the pairs between the same two components the closest is asked before the others: most of
    those need no answer then.
    """
    while True:
        apart = label[first] != label[second]
        if not apart.any():
            return label
        first, second, distance = first[apart], second[apart], distance[apart]
        low = np.minimum(label[first], label[second])
        high = np.maximum(label[first], label[second])
        order = np.lexsort((distance, high, low))
        new = (np.diff(low[order], prepend=-1) != 0) | (np.diff(high[order], prepend=-1) != 0)
        asked = order[new]
        touching = asked[_touch(cells, first[asked], second[asked], reach, slack)]
        label = connect(int(label.max()) + 1, low[touching], high[touching])[label]
        rest = np.ones(len(first), dtype=bool)
        rest[asked] = False
        first, second, distance = first[rest], second[rest], distance[rest]


def _touch(
    cells: Cells, first: Indices, second: Indices, reach: float, slack: float
) -> NDArray[np.bool_]:
    """Tell for each pair of cells whether two of their members are within reach.

    Nearly all that do are found by going to and fro: the member nearest to the other's centroid,
    the other's nearest to that, and back. Members are compared one by one where that fails.
    """
    one = _nearest(cells, first, cells.centre[second])
    other = _nearest(cells, second, cells.points[one])
    one = _nearest(cells, first, cells.points[other])
    touching = _near(cells.points[one], cells.points[other], reach)
    left = np.flatnonzero(~touching)
    touching[left] = _compare(cells, first[left], second[left], reach, slack)
    return touching


def _near(some: Floats, others: Floats, reach: float) -> NDArray[np.bool_]:
    """Tell which of the points are friends: the one place where that is decided."""
    apart = some - others
    return np.asarray(np.einsum("ij,ij->i", apart, apart) <= reach * reach)


def _nearest(cells: Cells, here: Indices, targets: Floats) -> Indices:
    """Return of each of the cells `here` the member that is nearest to its target."""
    number, rank = _unroll(cells.counts[here])
    member = cells.starts[here][number] + rank
    apart = cells.points[member] - targets[number]
    squared = np.einsum("ij,ij->i", apart, apart)
    least = np.minimum.reduceat(squared, np.cumsum(cells.counts[here]) - cells.counts[here])
    best = np.flatnonzero(squared == least[number])
    nearest = np.empty(len(here), dtype=np.intp)
    nearest[number[best]] = member[best]
    return nearest


def _compare(
    cells: Cells, first: Indices, second: Indices, reach: float, slack: float
) -> NDArray[np.bool_]:
    """Compare all members of the first cells with all of the second that may be near enough."""
    some, some_counts = _facing(cells, first, second, reach + slack)
    others, other_counts = _facing(cells, second, first, reach + slack)
    some_starts = np.cumsum(some_counts) - some_counts
    other_starts = np.cumsum(other_counts) - other_counts
    touching = np.zeros(len(first), dtype=bool)
    pairs = some_counts * other_counts
    for large in np.flatnonzero(pairs > MANY_PAIRS):
        a = some[some_starts[large] :][: some_counts[large]]
        b = others[other_starts[large] :][: other_counts[large]]
        nearest = cKDTree(cells.points[a]).query(cells.points[b])[1]
        touching[large] = _near(cells.points[a[nearest]], cells.points[b], reach).any()
    small = np.flatnonzero((pairs <= MANY_PAIRS) & (pairs > 0))
    for chunk in np.split(small, np.flatnonzero(np.diff(np.cumsum(pairs[small]) // BATCH)) + 1):
        number, rank = _unroll(pairs[chunk])
        number = chunk[number]
        a = some[some_starts[number] + rank // other_counts[number]]
        b = others[other_starts[number] + rank % other_counts[number]]
        touching[number[_near(cells.points[a], cells.points[b], reach)]] = True
    return touching


def _facing(cells: Cells, here: Indices, there: Indices, reach: float) -> tuple[Indices, Indices]:
    """Return the members of cells `here` near enough to the spheres of `there`; counts per pair."""
    number, rank = _unroll(cells.counts[here])
    member = cells.starts[here][number] + rank
    apart = cells.points[member] - cells.centre[there][number]
    limit = (reach + cells.radius[there]) ** 2
    near = np.einsum("ij,ij->i", apart, apart) <= limit[number]
    return member[near], np.bincount(number[near], minlength=len(here))


def _unroll(counts: Indices) -> tuple[Indices, Indices]:
    """Return 0, 0, 1, 1, 1 ... and 0, 1, 0, 1, 2 ... for the counts 2, 3 ..."""
    number = np.repeat(np.arange(len(counts)), counts)
    return number, np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)
