"""Candidates for near pairs in a crowd, by a tree: never each compared with each."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from skytract.udf.sky.near_windows import Floats, Integers, Positions, Rows, Windows

MOST_PAIRS = 100_000_000
"""More pairs in a crowd are refused: somebody mistook the radius."""

PAIRS_AT_ONCE = 1_000_000
"""Pairs held in memory at a time."""

ROUNDING = 1e-15
"""Chords computed from unit vectors are within this of the true ones."""

NEAR_TIE = 1e-9
"""Chords that differ relatively by less are compared again, by the exact formula."""


class Crowd(NamedTuple):
    """Left rows in a crowd, and the right rows around them.

    `points`, shape (n, 3), and `others`, shape (m, 3), are unit vectors of the rows `left` and
    `right`; `ids` are the ids of the right rows; `reach` is the longest chord of a pair, or more.
    """

    left: Rows
    right: Rows
    points: Floats
    others: Floats
    ids: Integers
    reach: float

    @classmethod
    def of(cls, left: Positions, right: Positions, windows: Windows, radius: float) -> "Crowd":
        """Take the left rows that have windows, and the right rows in these; radius in deg."""
        some = np.unique(windows.left)
        edges = np.zeros(len(right.id) + 1, dtype=np.intp)
        np.add.at(edges, windows.start, 1)
        np.add.at(edges, windows.stop, -1)
        around = np.flatnonzero(np.cumsum(edges))
        vectors = _unit_vectors(left.take(some)), _unit_vectors(right.take(around))
        return cls(some, around, *vectors, right.id[around], _chord(radius))

    def all(self) -> Iterator[tuple[Rows, Rows]]:
        """Yield all pairs of rows, in any order.

        Raises
        ------
        ValueError
            If there are more than `MOST_PAIRS`.
        """
        tree = cKDTree(self.others)
        counts = tree.query_ball_point(self.points, self.reach, return_length=True)
        ends = np.cumsum(counts)
        if ends[-1] > MOST_PAIRS:
            raise ValueError(
                f"{ends[-1]} pairs lie within the radius in one crowd: take a smaller radius, "
                "match views of a part of the sky, or ask for the nearest"
            )
        start = 0
        while start < len(ends):
            done = ends[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(ends, done + PAIRS_AT_ONCE, "right")))
            some = cKDTree(self.points[start:stop])
            pairs = some.sparse_distance_matrix(tree, self.reach, output_type="ndarray")
            yield self.left[start + pairs["i"]], self.right[pairs["j"]]
            start = stop

    def nearest(self) -> Iterator[tuple[Rows, Rows]]:
        """Yield pairs that hold the nearest right row of each left row, and all tied with it."""
        # A tree cannot part rows at one place: of each place the least id stands for all.
        order = np.lexsort((self.ids, *self.others.T))
        new = np.any(np.diff(self.others[order], axis=0, prepend=np.nan) != 0.0, axis=1)
        right, tree = self.right[order[new]], cKDTree(self.others[order[new]])
        chord, place = tree.query(self.points, k=2, distance_upper_bound=self.reach)
        limit = chord[:, 0] * (1.0 + NEAR_TIE) + ROUNDING
        found, tied = np.isfinite(chord[:, 0]), chord[:, 1] <= limit
        sure, tied = np.flatnonzero(found & ~tied), np.flatnonzero(found & tied)
        yield self.left[sure], right[place[sure, 0]]
        rivals = tree.query_ball_point(self.points[tied], limit[tied])
        counts = np.array([len(rows) for rows in rivals], dtype=np.intp)
        joined = np.array([row for rows in rivals for row in rows], dtype=np.intp)
        yield np.repeat(self.left[tied], counts), right[joined]


def _unit_vectors(rows: Positions) -> Floats:
    """Return the unit vectors of positions, shape (n, 3)."""
    ra, dec = np.radians(rows.ra), np.radians(rows.dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def _chord(radius: float) -> float:
    """Return the chord of an angle [deg], and a little more: the exact test comes later."""
    half = np.radians(min(radius, 180.0)) / 2.0
    return float(2.0 * np.sin(half)) * (1.0 + NEAR_TIE) + ROUNDING
