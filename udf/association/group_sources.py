"""N-way matching: detections of many visits grouped into objects (LDM-151, section 8.24.4)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.label_friends import label_friends
from skytract.udf.association.link_friends import chord, unit_vectors
from skytract.udf.association.tell_apart import tell_apart


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
        Matching radius [arcsec], from 0.001 to 60.

    Returns
    -------
    list of int, length n
        The `source_id` of the group's first detection, by (visit, source_id).

    Raises
    ------
    ValueError
        If a position is not finite, an id occurs twice, the arrays differ in length, or the radius
        is out of bounds.

    Examples
    --------
    >>> ra, dec = [5.0, 5.00005, 5.0001, 5.0], [0.0] * 4
    >>> group_sources([1, 2, 2, 3], [11, 21, 22, 31], [True] * 4, ra, dec, 0.5)
    [11, 11, 22, 11]
    """
    reach = chord(radius_arcsec)
    return _discoveries(visit, source_id, is_primary, unit_vectors(ra, dec), reach)


def group_centroids(
    visit: ArrayLike,
    source_id: ArrayLike,
    is_primary: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    radius_pixels: float,
) -> list[int]:
    """Do as `group_sources` does, for positions in the pixels of one common image.

    Parameters
    ----------
    visit, source_id, is_primary : array_like, shape (n,)
        As in `group_sources`.
    x, y : array_like, shape (n,)
        Positions [pixel], finite, aligned: the same place in every visit.
    radius_pixels : float
        Matching radius [pixel], positive.

    Returns
    -------
    list of int, length n
        The `source_id` of the group's first detection, by (visit, source_id).

    Examples
    --------
    >>> group_centroids([1, 2, 2], [11, 21, 22], [True] * 3, [5.0, 5.4, 7.0], [1.0] * 3, 2.5)
    [11, 11, 22]
    """
    if not 0.0 < radius_pixels < np.inf:
        raise ValueError(
            f"the association radius is {radius_pixels} pixels: it must be positive; about half the"
            " width of a star's image is usual"
        )
    points = np.stack([np.asarray(x, float), np.asarray(y, float)], axis=-1)
    return _discoveries(visit, source_id, is_primary, points, radius_pixels)


def _discoveries(
    visit: ArrayLike,
    source_id: ArrayLike,
    is_primary: ArrayLike,
    points: NDArray[np.float64],
    reach: float,
) -> list[int]:
    """Check the columns, and return for each row the id of its group's first."""
    visits, keys = np.asarray(visit, np.int64), np.asarray(source_id, np.int64)
    primary = np.asarray(is_primary, bool)
    if not len(visits) == len(keys) == len(primary) == len(points):
        raise ValueError(
            f"there are {len(visits)} visits, {len(keys)} ids, {len(primary)} primary flags and "
            f"{len(points)} positions: give one of each per detection"
        )
    ids, counts = np.unique(keys, return_counts=True)
    if (counts > 1).any():
        raise ValueError(
            f"detection {ids[counts > 1][0]} is there {counts[counts > 1][0]} times: the ids of "
            "detections must be unique, drop the copies"
        )
    return keys[first_rows(visits, keys, primary, points, reach)].tolist()  # type: ignore[no-any-return]


def first_rows(
    visits: NDArray[np.int64],
    keys: NDArray[np.int64],
    is_primary: NDArray[np.bool_],
    points: NDArray[np.float64],
    reach: float,
) -> NDArray[np.intp]:
    """Return for each detection the row of the detection that discovered its object.

    `points`, shape (n, 2) or (n, 3), and `reach` are in one unit; for the rest see `group_sources`.

    Raises
    ------
    ValueError
        If a position is not finite; the message names the detection.
    """
    bad = np.flatnonzero(~np.isfinite(points).all(axis=-1))
    if bad.size:
        raise ValueError(
            f"detection {keys[bad[0]]} of visit {visits[bad[0]]} has no finite position: correct or"
            " drop that row"
        )
    component = label_friends(points, reach)
    occasion = np.unique(visits, return_inverse=True)[1]
    # Sorted by component, then visit: a visit that occurs twice in a component lies side by side.
    key = component * np.int64(len(visits)) + occasion
    order = np.argsort(key, kind="stable")
    by_component = component[order]
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    crowded = np.zeros(len(visits), dtype=bool)
    crowded[by_component[twice]] = True

    starts = np.concatenate([[0], np.flatnonzero(np.diff(by_component)) + 1])[: len(visits)]
    earliest = np.empty(len(visits), dtype=np.intp)
    earliest[by_component[starts]] = order[starts]
    first = earliest[component]

    rows = np.flatnonzero(crowded[component])
    rows = rows[np.lexsort((keys[rows], ~is_primary[rows], visits[rows], component[rows]))]
    first[rows] = rows[tell_apart(component[rows], visits[rows], points[rows], reach)]
    return first
