"""N-way matching: detections of many visits grouped into objects (LDM-151, section 8.24.4)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from skytract.udf.association.link_friends import (
    chord,
    friend_pairs,
    label_by_least,
    unit_vectors,
)


def group_sources(
    visit: ArrayLike,
    source_id: ArrayLike,
    is_primary: ArrayLike,
    ra: ArrayLike,
    dec: ArrayLike,
    radius_arcsec: float,
) -> list[int]:
    """Return for each detection the id of the detection that discovered its object.

    Detections that hang together by steps of at most `radius_arcsec` (friends of friends) are one
    object if no visit saw two of them. Otherwise they are told apart: the visits are taken in
    ascending order, and each gives at most one of its detections to each object found so far, the
    closest pairs of detection and discovery position first, none farther apart than the radius;
    what remains discovers objects of its own. A group so holds at most one detection per visit.
    A blend and the child that was deblended from its brightest peak may lie at the very same
    place: where distances are equal, primary detections (no further deblended) come first.

    The answer does not depend on the order of the rows.

    Parameters
    ----------
    visit : array_like of int, shape (n,)
        Visit of each detection; a lower number counts as earlier.
    source_id : array_like of int, shape (n,)
        Unique ids.
    is_primary : array_like of bool, shape (n,)
        False for blends that were deblended further.
    ra, dec : array_like, shape (n,)
        ICRS position [deg], finite.
    radius_arcsec : float
        Matching radius [arcsec], in (0, 60].

    Returns
    -------
    list of int, length n
        The `source_id` of the group's first detection, by (visit, source_id).

    Examples
    --------
    >>> ra, dec = [5.0, 5.00005, 5.0001, 5.0], [0.0] * 4
    >>> group_sources([1, 2, 2, 3], [11, 21, 22, 31], [True] * 4, ra, dec, 0.5)
    [11, 11, 22, 11]
    """
    visits, keys = np.asarray(visit, np.int64), np.asarray(source_id, np.int64)
    points, reach = unit_vectors(ra, dec), chord(radius_arcsec)
    order = np.lexsort((keys, ~np.asarray(is_primary, bool), visits))
    pairs = friend_pairs(points[order], reach)
    component = label_by_least(np.arange(len(order)), pairs[:, 0], pairs[:, 1])
    first = np.empty(len(order), dtype=np.intp)
    for members in _components(component):
        rows = order[members]
        first[rows] = rows[_first_members(visits[rows], points[rows], reach)]
    return [int(key) for key in keys[first]]


def _components(component: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Return the positions of each component's members, ascending."""
    by_component = np.argsort(component, kind="stable")
    starts = np.flatnonzero(np.diff(component[by_component])) + 1
    return np.split(by_component, starts) if len(component) else []


def _first_members(
    visits: NDArray[np.int64], points: NDArray[np.float64], reach: float
) -> NDArray[np.intp]:
    """Return for each member of a component, ordered by visit, the place of its group's first."""
    if len(np.unique(visits)) == len(visits):
        return np.zeros(len(visits), dtype=np.intp)
    return _tell_apart(visits, points, reach)


def _tell_apart(
    visits: NDArray[np.int64], points: NDArray[np.float64], reach: float
) -> NDArray[np.intp]:
    """Deal the detections of each visit out to the discoveries so far, closest pairs first."""
    first = np.arange(len(visits))
    discoveries = np.empty(0, dtype=np.intp)
    for members in np.split(first.copy(), np.flatnonzero(np.diff(visits)) + 1):
        taken: set[int] = set()
        for found, member in _closest_first(points, discoveries, members, reach):
            if found not in taken and first[member] == member:
                taken.add(found)
                first[member] = found
        discoveries = np.concatenate([discoveries, members[first[members] == members]])
    return first


def _closest_first(
    points: NDArray[np.float64],
    discoveries: NDArray[np.intp],
    members: NDArray[np.intp],
    reach: float,
) -> list[tuple[int, int]]:
    """Return the pairs (discovery, member) within reach, by distance; equal ones by place."""
    if len(discoveries) == 0:
        return []
    near = cKDTree(points[discoveries]).query_ball_point(points[members], reach * (1.0 + 1e-9))
    found = np.concatenate([discoveries[places] for places in near]).astype(np.intp)
    member = np.repeat(members, [len(places) for places in near])
    apart = points[found] - points[member]
    squared = np.einsum("ij,ij->i", apart, apart)
    order = np.lexsort((member, found, squared))
    order = order[squared[order] <= reach * reach]
    return list(zip(found[order].tolist(), member[order].tolist(), strict=True))
