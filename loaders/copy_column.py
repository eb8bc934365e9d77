"""A column of rows to be copied, and the types that it may have."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FIXED = {
    "bigint": ">i8",
    "integer": ">i4",
    "smallint": ">i2",
    "real": ">f4",
    "double precision": ">f8",
    "boolean": "u1",
    "timestamptz": ">i8",
}
"""Types of constant width: how the server reads their bytes."""

ARRAYS = {"real[]": (">f4", 700), "double precision[]": (">f8", 701)}
"""One-dimensional arrays: their elements, and the elements' type number in pg_type."""


@dataclass(frozen=True)
class CopyColumn:
    """One column of rows to be copied.

    Parameters
    ----------
    name : str
        Physical name of the column.
    type : str
        A key of `FIXED` or `ARRAYS`, or "text".
    values : ndarray, shape (n,)
        Numbers; for text UTF-8 bytes (dtype S); for timestamptz datetime64 in UTC; for arrays
        objects, each a one-dimensional array without NULLs.
    missing : ndarray of bool, shape (n,), optional
        True where the value is NULL; NaN is a value.
    """

    name: str
    type: str
    values: npt.NDArray[Any]
    missing: npt.NDArray[np.bool_] | None = None

    @property
    def panel(self) -> tuple[int, bool]:
        """Which columns may share a panel: width, 0 if it varies, and whether there are NULLs."""
        width = np.dtype(FIXED[self.type]).itemsize if self.type in FIXED else 0
        return width, self.missing is not None
