"""Rows on their way from a file to its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.dialect_plan import Plan


@dataclass(frozen=True)
class Batch:
    """Consecutive rows of a file, as columns of the table.

    Parameters
    ----------
    path : Path
        The file.
    plan : Plan
        Where the columns come from.
    first : int
        Number of the first row in the file, from 0.
    rows : int
        How many.
    columns : mapping
        Columns of the table by DPDD name, in the order of the file.
    """

    path: Path
    plan: Plan
    first: int
    rows: int
    columns: Mapping[str, CopyColumn]

    def keys(self) -> list[npt.NDArray[Any]]:
        """Return the values of the columns that tell rows apart."""
        return [self.columns[key].values for key in self.plan.target.identity]

    def distinct(self, names: Sequence[str]) -> list[npt.NDArray[Any]]:
        """Return some columns of the rows that differ in them, in their order."""
        columns = [self.columns[name].values for name in names]
        # Catalogs come grouped by place: one row of each run is enough, and cheap.
        columns = _run_starts(columns)
        order = np.lexsort(columns[::-1])
        return _run_starts([values[order] for values in columns])


def _run_starts(columns: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """Return the first row of each run of rows that are the same."""
    starts = np.ones(len(columns[0]), bool)
    starts[1:] = np.logical_or.reduce([values[1:] != values[:-1] for values in columns])
    return [values[starts] for values in columns]
