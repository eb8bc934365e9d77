"""Tells apart the objects of chains of friends in which one visit saw several."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

PAIRS_PER_ROW = 64
MANY_PAIRS = 1 << 22
"""Pairs of discovery and detection held at a time: MANY_PAIRS, or PAIRS_PER_ROW if that is more."""


def tell_apart(
    component: Indices, visits: NDArray[np.int64], points: Floats, reach: float
) -> Indices:
    """Deal the detections of each visit out to the discoveries so far, closest pairs first.

    Each component is dealt by itself, its visits in ascending order. A visit gives at most one of
    its detections to each discovery, none farther than `reach`; what remains discovers. All visits
    up to the first that discovers something are dealt at once: there are about as many rounds as
    the richest component has visits with discoveries, not as it has visits.

    Parameters
    ----------
    component, visits : ndarray of int, shape (n,)
        Component and visit of each detection, ascending in (component, visit). Where distances
        are equal, what comes earlier goes first.
    points : ndarray, shape (n, 2) or (n, 3)
        Positions.
    reach : float
        Largest distance from a discovery to its detections, in the unit of the positions.

    Returns
    -------
    ndarray of int, shape (n,)
        For each detection the row of the detection that discovered its object.

    Raises
    ------
    ValueError
        If so many detections of one visit lie within reach of each other that pairs of them do
        not fit in memory.
    """
    first = np.arange(len(visits))
    if len(visits) == 0:
        return first
    new_component = np.diff(component, prepend=component[0] - 1) != 0
    new_slot = new_component | (np.diff(visits, prepend=visits[0]) != 0)
    owner, slot = np.cumsum(new_component) - 1, np.cumsum(new_slot) - 1
    # A slot is one visit of one component. Of each component: the slot to be dealt next, the one
    # after its last, and how many to try at once.
    at = slot[new_component]
    end = np.append(at[1:], slot[-1] + 1)
    width = np.ones(len(at), dtype=np.intp)
    waiting, discoveries = first.copy(), np.empty(0, dtype=np.intp)
    while len(waiting):
        mine = owner[waiting]
        rows = waiting[slot[waiting] < at[mine] + width[mine]]
        if not _match(first, slot, points, discoveries, rows, reach, int(width.max())):
            width = np.maximum(width // 8, 1)
            continue
        alone = rows[first[rows] == rows]
        stop = np.minimum(at + width, end) - 1
        np.minimum.at(stop, owner[alone], slot[alone])
        first[rows[slot[rows] > stop[owner[rows]]]] = rows[slot[rows] > stop[owner[rows]]]
        discoveries = np.append(discoveries, alone[slot[alone] == stop[owner[alone]]])
        width = 4 * (stop + 1 - at)
        at = stop + 1
        waiting = waiting[slot[waiting] >= at[mine]]
        discoveries = discoveries[at[owner[discoveries]] < end[owner[discoveries]]]
    return first


def _match(
    first: Indices,
    slot: Indices,
    points: Floats,
    discoveries: Indices,
    rows: Indices,
    reach: float,
    width: int,
) -> bool:
    """Give each of the rows its discovery, if there is one; False if there are too many pairs."""
    if len(discoveries) == 0:
        return True
    slack = 8.0 * np.finfo(float).eps * max(1.0, float(np.abs(points).max()))
    known, seen = cKDTree(points[discoveries]), cKDTree(points[rows])
    count = int(known.count_neighbors(seen, reach + slack))
    if count > max(MANY_PAIRS, PAIRS_PER_ROW * len(first)):
        if width > 1:
            return False
        raise ValueError(
            f"{len(rows)} detections and the {len(discoveries)} objects near them make {count} "
            "pairs within the association radius: give a smaller radius, or drop detections that "
            "are there many times"
        )
    pairs = known.sparse_distance_matrix(seen, reach + slack, output_type="ndarray")
    found, member = discoveries[pairs["i"]], rows[pairs["j"]]
    apart = points[found] - points[member]
    squared = np.einsum("ij,ij->i", apart, apart)
    order = np.lexsort((member, found, squared))
    order = order[squared[order] <= reach * reach]
    _closest_first(first, slot, found[order], member[order])
    return True


def _closest_first(first: Indices, slot: Indices, found: Indices, member: Indices) -> None:
    """Take each pair in turn whose detection, and whose discovery in that visit, are both free.

    A pair that comes first for both is taken whatever the others do; so all such pairs are taken
    at once, those they rule out dropped, and again until none is left.
    """
    taker = np.unique(slot[member] * len(first) + found, return_inverse=True)[1]
    least_of_taker = np.empty(len(found), dtype=np.intp)
    least_of_member = np.empty(len(first), dtype=np.intp)
    while len(found):
        rank = np.arange(len(found))
        # Of several values for one place the last is kept: going backwards, the least rank.
        least_of_taker[taker[::-1]] = rank[::-1]
        least_of_member[member[::-1]] = rank[::-1]
        taken = (least_of_taker[taker] == rank) & (least_of_member[member] == rank)
        first[member[taken]] = found[taken]
        least_of_taker[taker[taken]] = -1
        least_of_member[member[taken]] = -1
        left = (least_of_taker[taker] >= 0) & (least_of_member[member] >= 0)
        found, member, taker = found[left], member[left], taker[left]
