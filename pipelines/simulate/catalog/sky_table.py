"""The objects of a survey on disk, mapped into memory: every worker sees the same pages.

Their ids are HEALPix indices: in the order of ids, what lies in a cell of any order is one slice.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.targets import COLUMNS, Targets
from skytract.pipelines.simulate.objects import BANDS, OBJECT, POSITION_ORDER
from skytract.pipelines.simulate.variability.modulation import modulation

INDEX_ORDER = 13
"""Order of the cells of the index, 0.4 arcmin wide."""

TEMPLATE_MJD = 60400.0
"""Epoch of the templates of difference images, MJD TAI: before the first visit."""

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class SkyTable:
    """All objects of a survey.

    Attributes
    ----------
    objects
        Table of `OBJECT`, shape (n,).
    targets
        Columns that images ask for.
    template
        `template_modulation`, shape (n, 6).
    order
        Indices in the order of truthId, shape (n,).
    cells, starts
        Cells of the index that hold objects, and where the rows of each begin in `order`; n at
        the end.
    """

    objects: NDArray[np.void]
    targets: Targets
    template: NDArray[np.float32]
    order: Indices
    cells: Indices
    starts: Indices

    @classmethod
    def open(cls, folder: Path) -> "SkyTable":
        """Map the table that `write_sky` wrote."""
        objects = _mapped(folder / "objects.bin", OBJECT)
        columns = {name: _mapped(folder / f"{name}.bin", dtype) for name, dtype in COLUMNS.items()}
        targets = Targets(**columns)
        ids = np.fromfile(folder / "truthId.bin", np.int64)
        order = np.argsort(ids, kind="stable")
        index = ids[order] >> 2 * (POSITION_ORDER - INDEX_ORDER)
        cells, starts = np.unique(index, return_index=True)
        template = _mapped(folder / "template.bin", np.dtype(("f4", 6)))
        return cls(objects, targets, template, order, cells, np.append(starts, len(ids)))

    def rows_near(self, centre: NDArray[np.float64], radius: float) -> Indices:
        """Return the rows in all cells within `radius` rad of a unit vector, by truthId."""
        side = 1 << INDEX_ORDER
        return self._rows_in(healpy.query_disc(side, centre, radius, True, fact=1, nest=True))

    def rows_within(self, corners: NDArray[np.float64]) -> Indices:
        """Return the rows in all cells that touch a convex polygon, by truthId.

        Its corners are unit vectors in order, shape (m, 3).
        """
        side = 1 << INDEX_ORDER
        return self._rows_in(healpy.query_polygon(side, corners, True, fact=1, nest=True))

    def _rows_in(self, cells: Indices) -> Indices:
        """Return the rows in cells, by truthId; these come in runs of neighbours."""
        wanted = np.sort(cells)
        apart = np.diff(wanted) > 1
        first, last = wanted[np.append(True, apart)], wanted[np.append(apart, True)]
        bounds = np.searchsorted(self.cells, np.stack([first, last + 1], axis=1))
        runs = self.starts[bounds].tolist()
        return np.concatenate([self.order[begin:end] for begin, end in runs])


def template_modulation(objects: NDArray[np.void]) -> NDArray[np.float32]:
    """Return by how much objects differ from their mean flux in the templates, shape (n, 6)."""
    factors = np.ones((len(objects), len(BANDS)), np.float32)
    varying = np.flatnonzero(objects["varKind"] > 0)
    for band in range(len(BANDS)):
        factors[varying, band] = modulation(objects[varying], TEMPLATE_MJD, band)
    return factors


def write_sky(
    folder: Path,
    cells: Iterable[tuple[NDArray[np.void], NDArray[np.float32]]],
    progress: Callable[[], None],
) -> Iterator[NDArray[np.void]]:
    """Append objects of cells, with their `template_modulation`, and yield them when written."""
    with ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / f"{name}.bin").open("wb"))
            for name in ("objects", "template", *COLUMNS)
        }
        for objects, template in cells:
            objects.tofile(files["objects"])
            template.tofile(files["template"])
            for name, column in vars(Targets.of(objects)).items():
                np.ascontiguousarray(column, COLUMNS[name].base).tofile(files[name])
            progress()
            yield objects


def _mapped(path: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Map a file of records; an empty file is an empty array."""
    base, shape = dtype.base, dtype.shape
    number = path.stat().st_size // dtype.itemsize
    if number == 0:
        return np.zeros((0, *shape), base)
    return np.asarray(np.memmap(path, base, "r", shape=(number, *shape)))
