"""Pairs of two sets of positions within a radius: near neighbours and cross-matches."""

from collections.abc import Iterator

import numpy as np

from skytract.udf.sky.near_windows import (
    SLACK,
    Floats,
    Integers,
    Positions,
    Rows,
    near_windows,
    zone_keys,
)

ROWS_AT_ONCE = 1 << 16
"""Left rows taken at a time: their arrays stay in the processor's cache."""

CROWD = 64
"""A row with more candidates than this stands in a crowd: a tree finds what is near."""

Pairs = tuple[Integers, Integers, Floats]


def find_pairs(
    left: Positions, right: Positions, radius_arcsec: float, mode: str
) -> Iterator[Pairs]:
    """Find the pairs of two sets of positions that lie within a radius.

    Parameters
    ----------
    left, right
        Rows in any order, without NaN.
    radius_arcsec
        Radius [arcsec], inclusive.
    mode : {"all", "pairs", "nearest", "mutual"}
        All pairs; those with left id < right id; the nearest of each left row; the nearest of each
        row of either side. At equal separation the least id is the nearest.

    Returns
    -------
    iterator of (left ids, right ids, separations [arcsec])
        Arrays of some of the pairs at a time.

    Raises
    ------
    ValueError
        If a crowd has more than 1e8 pairs (modes all and pairs).

    Examples
    --------
    >>> stars = Positions(np.array([1, 2]), np.array([10.0, 10.0]), np.array([0.0, 0.001]))
    >>> next(find_pairs(stars, stars, 4.0, "pairs"))
    (array([1]), array([2]), array([3.6]))
    """
    radius = radius_arcsec / 3600.0
    yield from _pairs(left, right, radius, mode)
    if mode == "mutual":
        yield from ((a, b, s) for b, a, s in _pairs(right, left, radius, mode))


def _pairs(left: Positions, right: Positions, radius: float, mode: str) -> Iterator[Pairs]:
    """Yield the pairs asked for; of mode mutual each left row and its nearest."""
    left = left.take(np.argsort(zone_keys(left, radius)))
    keys = zone_keys(right, radius)
    order = np.argsort(keys)
    right, keys = right.take(order), keys[order]
    nearest = mode in ("nearest", "mutual")
    for start in range(0, len(left.id), ROWS_AT_ONCE):
        some = left.take(slice(start, start + ROWS_AT_ONCE))
        for candidates in _candidates(some, right, keys, radius, nearest):
            i, j, separation = _within(some, right, *candidates, radius)
            a, b = some.id[i], right.id[j]
            keep = (
                _least(i, separation, b) if nearest else a < b if mode == "pairs" else slice(None)
            )
            yield a[keep], b[keep], separation[keep]


def _candidates(
    left: Positions, right: Positions, keys: Floats, radius: float, nearest: bool
) -> Iterator[tuple[Rows, Rows]]:
    """Yield left and right rows that may be near; for `nearest` all of a left row at once."""
    windows = near_windows(left, keys, radius)
    counts = np.bincount(windows.left, windows.stop - windows.start, len(left.id))
    crowded = counts[windows.left] > CROWD
    i, j = windows.only(~crowded).pairs()
    level = np.abs(left.dec[i] - right.dec[j]) <= radius + SLACK
    yield i[level], j[level]
    if crowded.any():
        # scipy takes as long to import as a million rows to match.
        from skytract.udf.sky.crowd_pairs import Crowd

        crowd = Crowd.of(left, right, windows.only(crowded), radius)
        yield from crowd.nearest() if nearest else crowd.all()


def _within(
    left: Positions, right: Positions, i: Rows, j: Rows, radius: float
) -> tuple[Rows, Rows, Floats]:
    """Return the pairs of rows within the radius [deg], and their separations [arcsec]."""
    ra, dec1, dec2 = left.ra[i] - right.ra[j], left.dec[i], right.dec[j]
    square = _square_sine(ra, dec1, dec2)
    # The relative 1e-15 keeps rounding from losing pairs on the rim, as in sky.in_cone.
    limit = np.sin(np.radians(radius) / 2.0) ** 2 * (1.0 + 1e-15)
    near = np.flatnonzero(square <= limit)
    square = square[near]
    rest = 1.0 - square
    far = near[square > 0.5]
    rest[square > 0.5] = _square_sine(ra[far] + 180.0, dec1[far], -dec2[far])
    angle = 2.0 * np.arctan2(np.sqrt(square), np.sqrt(rest))
    return i[near], j[near], np.degrees(angle) * 3600.0


def _least(rows: Rows, separation: Floats, ids: Integers) -> Rows:
    """Return the place of the least (separation, id) of each row; the rows are ascending."""
    again = np.diff(rows, prepend=-1, append=-1) == 0
    several = again[1:] | again[:-1]
    rivals = np.flatnonzero(several)
    rivals = rivals[np.lexsort((ids[rivals], separation[rivals], rows[rivals]))]
    least = rivals[np.diff(rows[rivals], prepend=-1) > 0]
    return np.concatenate([np.flatnonzero(~several), least])


def _square_sine(ra_difference: Floats, dec1: Floats, dec2: Floats) -> Floats:
    """Return the squared sine of half the angle between positions (haversine), as `q3c_sindist`."""
    x = np.sin(np.radians(ra_difference) / 2.0) ** 2
    y = np.sin(np.radians(dec1 - dec2) / 2.0) ** 2
    z = np.cos(np.radians(dec1 + dec2) / 2.0) ** 2
    square: Floats = np.maximum(x * (z - y) + y, 0.0)
    return square
