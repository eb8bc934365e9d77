"""Pairs of positions in a crowded place, by a tree: never each compared with each."""

from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Pair = tuple[int, int, float]

ROW = np.dtype([("id", ">i8"), ("ra", ">f8"), ("dec", ">f8")])
"""A row as PostgreSQL sends it: id, and ICRS position [deg], big-endian."""

MOST_PAIRS = 100_000_000
"""More pairs in one place are refused: somebody mistook the radius."""

PAIRS_AT_ONCE = 1_000_000
"""Pairs held in memory at a time."""

ROUNDING = 1e-15
"""Chords computed from unit vectors are within this of the true ones [rad]."""

NEAR_TIE = 1e-9
"""Chords that differ relatively by less are compared again, by the exact formula."""


def match_crowd(
    left_positions: bytes, right_positions: bytes, radius_arcsec: float, mode: str
) -> Iterator[Pair]:
    """Find the pairs of two sets of positions that lie within a radius.

    Parameters
    ----------
    left_positions, right_positions : bytes
        `ROW` after `ROW`, in any order, without NaN.
    radius_arcsec : float
        Radius [arcsec], inclusive.
    mode : {"all", "pairs", "nearest", "mutual"}
        All pairs; those with left id < right id; the nearest of each left row; the nearest of each
        row of either side. At equal separation the least id is the nearest.

    Returns
    -------
    iterator of (left id, right id, separation [arcsec])

    Raises
    ------
    ValueError
        If there are more than `MOST_PAIRS` pairs (modes all and pairs).

    Examples
    --------
    >>> stars = np.array([(1, 10.0, 0.0), (2, 10.0, 0.001)], ROW).tobytes()
    >>> [(a, b, round(s, 6)) for a, b, s in match_crowd(stars, stars, 4.0, "pairs")]
    [(1, 2, 3.6)]
    """
    left, right = np.frombuffer(left_positions, ROW), np.frombuffer(right_positions, ROW)
    if mode == "nearest":
        return _nearest(left, right, radius_arcsec)
    if mode == "mutual":
        back = ((a, b, s) for b, a, s in _nearest(right, left, radius_arcsec))
        return chain(_nearest(left, right, radius_arcsec), back)
    points, tree = _unit_vectors(left), cKDTree(_unit_vectors(right))
    count = cKDTree(points).count_neighbors(tree, _chord(radius_arcsec))
    if count > MOST_PAIRS:
        raise ValueError(
            f"{count} pairs lie within {radius_arcsec} arcsec in one place: take a smaller "
            "radius, match views of a part of the sky, or ask for the nearest"
        )
    pairs = _all(left, right, points, tree, radius_arcsec)
    return pairs if mode == "all" else ((a, b, s) for a, b, s in pairs if a < b)


def _all(
    left: np.ndarray, right: np.ndarray, points: Floats, tree: cKDTree, radius_arcsec: float
) -> Iterator[Pair]:
    """Yield all pairs, some left rows at a time; the tree holds the right ones."""
    reach = _chord(radius_arcsec)
    ends = np.cumsum(tree.query_ball_point(points, reach, return_length=True))
    start = 0
    while start < len(left):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + PAIRS_AT_ONCE, "right")))
        found = tree.query_ball_point(points[start:stop], reach)
        yield from _pairs(left, right, start + np.arange(stop - start), found, radius_arcsec)
        start = stop


def _nearest(left: np.ndarray, right: np.ndarray, radius_arcsec: float) -> Iterator[Pair]:
    """Yield the nearest right row of each left row that has one."""
    right = _least_ids(right)
    tree, points = cKDTree(_unit_vectors(right)), _unit_vectors(left)
    chord, place = tree.query(points, k=2, distance_upper_bound=_chord(radius_arcsec))
    reach = chord[:, 0] * (1.0 + NEAR_TIE) + ROUNDING
    tied = chord[:, 1] <= reach
    sure = np.flatnonzero(np.isfinite(chord[:, 0]) & ~tied)
    yield from _pairs(left, right, sure, place[sure, :1], radius_arcsec)
    tied = np.flatnonzero(tied)
    if tied.size:
        rivals = tree.query_ball_point(points[tied], reach[tied])
        best: dict[int, tuple[float, int, int]] = {}
        for row, candidates in zip(tied.tolist(), rivals, strict=True):
            pairs = _pairs(left, right, np.array([row]), [candidates], radius_arcsec)
            best[row] = min(((s, b, a) for a, b, s in pairs), default=(np.inf, 0, 0))
        yield from ((a, b, s) for s, b, a in best.values() if s < np.inf)


def _least_ids(rows: np.ndarray) -> np.ndarray:
    """Return the rows with the least id of all at one place; a tree cannot part them."""
    points = _unit_vectors(rows)
    order = np.lexsort((rows["id"], *points.T))
    points = points[order]
    first = np.append(True, np.any(points[1:] != points[:-1], axis=1))
    least: np.ndarray = rows[order[first]]
    return least


def _pairs(
    left: np.ndarray, right: np.ndarray, rows: Integers, found: object, radius_arcsec: float
) -> Iterator[Pair]:
    """Yield the pairs of left rows, and the right rows found about each, within the radius."""
    lists = [np.asarray(numbers, dtype=np.int64) for numbers in found]  # type: ignore[attr-defined]
    if not lists:
        return
    a = left[np.repeat(rows, [numbers.size for numbers in lists])]
    b = right[np.concatenate(lists)]
    square = _square_sine(a["ra"] - b["ra"], a["dec"], b["dec"])
    angle = 2.0 * np.arctan2(
        np.sqrt(square), np.sqrt(_square_sine(a["ra"] - b["ra"] + 180.0, a["dec"], -b["dec"]))
    )
    limit = np.sin(np.radians(radius_arcsec / 3600.0) / 2.0) ** 2
    within = square <= limit * (1.0 + 1e-15)
    separation = 3600.0 * np.degrees(angle[within])
    yield from zip(
        a["id"][within].tolist(), b["id"][within].tolist(), separation.tolist(), strict=True
    )


def _square_sine(ra_difference: Floats, dec1: Floats, dec2: Floats) -> Floats:
    """Return the squared sine of half the angle between positions (haversine), as `q3c_sindist`."""
    x = np.sin(np.radians(ra_difference) / 2.0) ** 2
    y = np.sin(np.radians(dec1 - dec2) / 2.0) ** 2
    z = np.cos(np.radians(dec1 + dec2) / 2.0) ** 2
    square: Floats = np.maximum(x * (z - y) + y, 0.0)
    return square


def _unit_vectors(rows: np.ndarray) -> Floats:
    """Return the unit vectors, shape (n, 3), of rows."""
    ra, dec = np.radians(rows["ra"].astype(float)), np.radians(rows["dec"].astype(float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def _chord(radius_arcsec: float) -> float:
    """Return the chord of an angle, and a little more: the exact test comes later."""
    half = np.radians(min(radius_arcsec / 3600.0, 180.0)) / 2.0
    return float(2.0 * np.sin(half)) * (1.0 + NEAR_TIE) + ROUNDING
