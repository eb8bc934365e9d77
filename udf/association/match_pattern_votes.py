"""Where pairs of a source and a star agree on one shift, rotation and scale: votes on a grid.

A pair of a source at p (from the middle of the field) and a star at q votes for every transform
q = t + (1 + a) p + b Jp with J = [[0, -1], [1, 0]]. Over steps of (a, b) its shift t falls into
one cell; true pairs share a cell of the right step, chance pairs scatter over all of them.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.match_pattern_pairs import Floats, Indices, Limits, Pairs

STEP = 0.8
"""Largest step of rotation and scale, moving stars by so many cells at the rms distance."""

MANY = 1 << 16
"""Votes, or cells, held at a time: they stay in the processor's cache."""

MOST_WORK = 1e8
"""Votes, or cells, in all; cells are made wider to keep to it."""

PEAKS = 64
"""Windows looked at for peaks."""

ROUGH = 0.25
"""Chance pairs per window at which cells are wide enough."""


def cell_size(pairs: Pairs, limits: Limits) -> float:
    """Return half the width of windows [arcsec]: wide where pairs are few, to save steps."""
    wide = np.sqrt(ROUGH * pairs.area / max(len(pairs.source), 1)) / 2.0
    cell = max(limits.tolerance, min(float(wide), limits.shift / 4.0))
    while _work(pairs, limits, cell) > MOST_WORK:
        cell *= 1.2
    return cell


def _work(pairs: Pairs, limits: Limits, cell: float) -> float:
    """Return how many votes, or cells if there are more, windows of a size need."""
    scale, rotation = (_steps(x, pairs.spread, cell) for x in (limits.scale, limits.rotation))
    return float(scale * rotation * max(len(pairs.source), _side(limits.shift, cell) ** 2))


def _side(shift: float, cell: float) -> int:
    """Return the number of cells along shifts from -shift to shift, with two beyond each end."""
    return int(np.ceil(2.0 * shift / cell)) + 4


def _steps(limit: float, spread: float, cell: float) -> int:
    """Return the number of steps of rotation or scale from -limit to limit."""
    return max(1, int(np.ceil(2.0 * limit * spread / (STEP * cell))))


def _middles(limit: float, number: int) -> Floats:
    """Return the middles of steps from -limit to limit."""
    return np.asarray(limit * ((2.0 * np.arange(number) + 1.0) / number - 1.0))


def peaks(pairs: Pairs, limits: Limits, cell: float, most: int) -> list[Floats]:
    """Return the transforms (shift xi, shift eta, a, b) with most votes, best first, not all alike.

    Votes are counted in windows of two by two cells.
    """
    scale, rotation = np.meshgrid(
        *(_middles(x, _steps(x, pairs.spread, cell)) for x in (limits.scale, limits.rotation))
    )
    a = ((1.0 + scale) * np.cos(rotation) - 1.0).ravel()
    b = ((1.0 + scale) * np.sin(rotation)).ravel()
    side = _side(limits.shift, cell)
    chunk = max(1, MANY // max(side * side, len(pairs.source), 1))
    counts, rows = [], []
    for first in range(0, len(a), chunk):
        part = slice(first, first + chunk)
        count = _windows(pairs, a[part], b[part], limits.shift, cell, side).ravel()
        top = _highest(count)
        counts.append(count[top])
        rows.append(top + first * (side - 1) ** 2)
    count, row = np.concatenate(counts), np.concatenate(rows)
    row = row[np.argsort(-count, kind="stable")[:PEAKS]]
    step, x, y = np.unravel_index(row, (len(a), side - 1, side - 1))
    shift = (np.stack([x, y]) - 1.0) * cell - limits.shift
    found = np.stack([shift[0], shift[1], a[step], b[step]], axis=1)
    return list(islice(_apart(found, pairs.spread, 2.0 * cell), most))


def _highest(count: NDArray[np.int64]) -> Indices:
    """Return where the highest counts are, at least PEAKS of them, without those of a last tie."""
    tally = np.cumsum(np.bincount(count)[::-1])
    level = len(tally) - 1 - int(np.searchsorted(tally, PEAKS))
    return np.flatnonzero(count >= max(level, 1))


def _windows(
    pairs: Pairs, a: Floats, b: Floats, shift: float, cell: float, side: int
) -> NDArray[np.int64]:
    """Return the votes in windows, shape (steps, side - 1, side - 1)."""
    x, y = pairs.place
    across = (pairs.offset[0] - np.outer(a, x) + np.outer(b, y) + shift) / cell + 2.0
    along = (pairs.offset[1] - np.outer(b, x) - np.outer(a, y) + shift) / cell + 2.0
    column, row = (np.clip(z, 0.0, side - 1.0).astype(np.intp) for z in (across, along))
    index = (np.arange(len(a))[:, None] * side + column) * side + row
    votes = np.bincount(index.ravel(), minlength=len(a) * side * side).reshape(-1, side, side)
    # What lies outside was counted in the outermost cells.
    votes[:, [0, -1]] = votes[:, :, [0, -1]] = 0
    wide = votes[:, 1:] + votes[:, :-1]
    return np.asarray(wide[:, :, 1:] + wide[:, :, :-1])


def _apart(found: Floats, spread: float, distance: float) -> Iterator[Floats]:
    """Give the transforms that are farther than a distance from all before."""
    scaled = found * [1.0, 1.0, spread, spread]
    kept: list[Floats] = []
    for transform, place in zip(found, scaled, strict=True):
        if all(np.abs(place - other).max() > distance for other in kept):
            kept.append(place)
            yield transform
