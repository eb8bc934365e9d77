"""Friends of friends: which detections hang together by steps no longer than a radius."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def unit_vectors(ra: ArrayLike, dec: ArrayLike) -> NDArray[np.float64]:
    """Return unit vectors, shape (n, 3), of positions [deg]."""
    alpha, delta = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    level = np.cos(delta)
    return np.stack([level * np.cos(alpha), level * np.sin(alpha), np.sin(delta)], axis=-1)


def chord(radius_arcsec: float) -> float:
    """Return the straight distance on the unit sphere that spans an angle [arcsec].

    Raises
    ------
    ValueError
        If the radius is not from 0.001 to 60 arcsec.
    """
    if not 0.001 <= radius_arcsec <= 60.0:
        raise ValueError(
            f"the association radius is {radius_arcsec} arcsec: it must be positive and at most "
            "60 arcsec, and not below 0.001 arcsec; about half the seeing is usual"
        )
    return float(2.0 * np.sin(np.radians(radius_arcsec / 3600.0) / 2.0))


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
        Length of a step [arcsec], from 0.001 to 60.

    Returns
    -------
    list of int, length n

    Examples
    --------
    >>> link_friends([7, 5, 9], [10.0, 10.0001, 10.1], [0.0, 0.0, 0.0], 0.5)
    [5, 5, 9]
    """
    # Imported here: scipy takes a second, which those who only want directions need not wait.
    from skytract.udf.association.label_friends import label_friends

    keys = np.asarray(source_id, dtype=np.int64)
    label = label_friends(unit_vectors(ra, dec), chord(radius_arcsec))
    least = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(least, label, keys)
    return least[label].tolist()  # type: ignore[no-any-return]
