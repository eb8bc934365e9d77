"""Rows on their way from a file to its table."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
