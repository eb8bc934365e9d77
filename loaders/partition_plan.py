"""Which cells the partitions should have: from a density of rows and a budget per partition."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.loaders.errors import SkytractError
from skytract.loaders.partition import BASE_CELLS, MAX_PARTITIONS, Cell
from skytract.udf.sky.healpix import ORDER, cell_range

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Density:
    """How many rows lie in which HEALPix cell of one order.

    Parameters
    ----------
    order : int
        HEALPix order of the cells.
    pixels : ndarray of int64, shape (n,)
        NESTED indices of cells with rows, ascending, each once.
    rows : ndarray of int64, shape (n,)
        Rows in each.
    """

    order: int
    pixels: Integers
    rows: Integers

    @classmethod
    def of(cls, order: int, pixels: ArrayLike, rows: ArrayLike) -> "Density":
        """Add up rows by cell; a cell may be given several times and in any order."""
        unique, inverse = np.unique(np.asarray(pixels, dtype=np.int64), return_inverse=True)
        totals = np.zeros(unique.size, dtype=np.int64)
        np.add.at(totals, inverse, np.asarray(rows, dtype=np.int64))
        if unique.size and not 0 <= unique[0] <= unique[-1] < 12 << 2 * order:
            raise SkytractError(
                f"A pixel of the density is outside [0, {12 << 2 * order}): give NESTED HEALPix "
                f"indices of order {order}."
            )
        return cls(order, unique, totals)


@dataclass(frozen=True)
class PlannedCell:
    """A cell of a plan and the rows it will hold."""

    cell: Cell
    rows: int


def plan(
    density: Density, row_budget: int, max_partitions: int = MAX_PARTITIONS
) -> list[PlannedCell]:
    """Divide the sky into HEALPix cells so that none holds more rows than the budget.

    The fullest cell is divided into its four children again and again, until every cell keeps to
    the budget or there are as many as allowed. Cells of the density's own order are not divided:
    where their rows lie is not known.

    Parameters
    ----------
    density : Density
        Rows per cell.
    row_budget : int
        Rows a partition should hold at most.
    max_partitions : int
        Cells of the plan at most, at least 12.

    Returns
    -------
    list of PlannedCell
        Cells that cover the sky exactly once, by their place in the key.

    Raises
    ------
    SkytractError
        If budget or number cannot be met by any plan.
    """
    if row_budget < 1:
        raise SkytractError(f"A budget of {row_budget} rows per partition is too small: give >= 1.")
    if max_partitions < len(BASE_CELLS):
        raise SkytractError(
            f"{max_partitions} partitions cannot cover the sky: allow at least {len(BASE_CELLS)}."
        )
    counter = _Counter(density)
    fullest = [(-counter.rows(cell), cell) for cell in BASE_CELLS]
    heapify(fullest)
    done: list[PlannedCell] = []
    while fullest:
        negative_rows, cell = heappop(fullest)
        full = len(done) + len(fullest) + 4 > max_partitions
        if -negative_rows <= row_budget or cell.ord >= density.order or full:
            done.append(PlannedCell(cell, -negative_rows))
            continue
        for child in children(cell):
            heappush(fullest, (-counter.rows(child), child))
    return sorted(done, key=lambda planned: cell_range(*planned.cell))


def children(cell: Cell) -> list[Cell]:
    """Return the four cells of the next order that make up a cell."""
    return [Cell(cell.ord + 1, 4 * cell.pixel + quarter) for quarter in range(4)]


def contains(outer: Cell, inner: Cell) -> bool:
    """Tell whether a cell lies in another, or is it."""
    return inner.ord >= outer.ord and inner.pixel >> 2 * (inner.ord - outer.ord) == outer.pixel


class _Counter:
    """Counts the rows in a cell of any order up to the density's."""

    def __init__(self, density: Density) -> None:
        self.keys = density.pixels << 2 * (ORDER - density.order)
        self.below = np.concatenate([[0], np.cumsum(density.rows)])

    def rows(self, cell: Cell) -> int:
        first, last = np.searchsorted(self.keys, cell_range(*cell))
        return int(self.below[last] - self.below[first])
