"""Friends of friends: which detections hang together by steps no longer than a radius."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree


def unit_vectors(ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
    """Return unit vectors, shape (n, 3), of positions [deg]."""
    alpha, delta = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    return np.stack(
        [np.cos(delta) * np.cos(alpha), np.cos(delta) * np.sin(alpha), np.sin(delta)], axis=-1
    )


def chord(radius_arcsec: float) -> float:
    """Return the straight distance on the unit sphere that spans an angle [arcsec].

    Raises
    ------
    ValueError
        If the radius is not positive, or too large for detections of one object.
    """
    if not 0.0 < radius_arcsec <= 60.0:
        raise ValueError(
            f"the association radius is {radius_arcsec} arcsec: it must be positive and at most "
            "60 arcsec; about half the seeing is usual"
        )
    return float(2.0 * np.sin(np.radians(radius_arcsec / 3600.0) / 2.0))


def friend_pairs(points: NDArray[np.float64], reach: float) -> NDArray[np.intp]:
    """Return the index pairs, shape (m, 2), of points no farther apart than `reach`.

    The tree decides about whole boxes at once, so pairs within rounding of the limit are decided
    here, each by its own distance: the answer does not depend on the order of the points.
    """
    pairs = cKDTree(points).query_pairs(reach * (1.0 + 1e-9), output_type="ndarray")
    apart = points[pairs[:, 0]] - points[pairs[:, 1]]
    return np.asarray(pairs[np.einsum("ij,ij->i", apart, apart) <= reach * reach])


def label_by_least(
    keys: NDArray[np.int64], first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Return for each node the least key of its component in the graph of edges first-second."""
    n = len(keys)
    edges = coo_matrix((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    count, component = connected_components(edges, directed=False)
    least = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(least, component, keys)
    return np.asarray(least[component])


def link_friends(
    source_id: ArrayLike, ra: ArrayLike, dec: ArrayLike, radius_arcsec: float
) -> list[int]:
    """Return for each detection the least id among all that hang together with it.

    Two detections are friends if they are at most `radius_arcsec` apart; friends of friends hang
    together. The answer depends neither on the order of the detections nor on their visits.

    Parameters
    ----------
    source_id : array_like of int, shape (n,)
        Unique ids.
    ra, dec : array_like, shape (n,)
        ICRS position [deg], finite.
    radius_arcsec : float
        Length of a step [arcsec], in (0, 60].

    Returns
    -------
    list of int, length n

    Examples
    --------
    >>> link_friends([7, 5, 9], [10.0, 10.0001, 10.1], [0.0, 0.0, 0.0], 0.5)
    [5, 5, 9]
    """
    keys = np.asarray(source_id, dtype=np.int64)
    pairs = friend_pairs(unit_vectors(ra, dec), chord(radius_arcsec))
    return [int(label) for label in label_by_least(keys, pairs[:, 0], pairs[:, 1])]
