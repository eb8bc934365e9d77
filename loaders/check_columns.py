"""Checks of what a column of a certain name may hold, and the refusal that names the bad row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from skytract.loaders.load_refused import RefusedError

BANDS = np.array([b"u", b"g", b"r", b"i", b"z", b"y"])

Mask = npt.NDArray[np.bool_]


class Refuse:
    """Refuses one column of a chunk, naming the first of its bad rows."""

    def __init__(self, path: Path, column: str, first: int, is_curve: bool = False) -> None:
        self.path, self.column, self.first, self.is_curve = path, column, first, is_curve

    def where(self, bad: Mask, values: npt.NDArray[Any], reason: str, remedy: str) -> None:
        """Raise RefusedError if any row is bad."""
        if bad.any():
            self.at(int(np.argmax(bad)), values, reason, remedy)

    def at(self, row: int, values: npt.NDArray[Any] | None, reason: str, remedy: str) -> NoReturn:
        """Raise RefusedError for one row of the chunk."""
        value = None if values is None else values[row]
        value = value.decode(errors="replace") if isinstance(value, bytes) else value
        number = None if self.is_curve else self.first + row
        raise RefusedError(self.path, reason, remedy, self.column, number, value)

    def element(
        self, row: int, values: npt.NDArray[Any], bad: Mask, reason: str, remedy: str
    ) -> None:
        """Raise RefusedError if any element of one row's array is bad.

        Where the rows of the file are the elements of the array, the element's is the row.
        """
        if not bad.any():
            return
        i = int(np.argmax(bad))
        if self.is_curve:
            raise RefusedError(self.path, reason, remedy, self.column, i, values[i])
        reason = f"{reason} (element {i} of its array, from 0)"
        raise RefusedError(self.path, reason, remedy, self.column, self.first + row, values[i])


def _ra(data: npt.NDArray[Any], present: Mask, refuse: Refuse) -> None:
    bad = present & ~((data >= 0.0) & (data < 360.0))
    refuse.where(bad, data, "Right ascension lies outside [0, 360) deg", "take it modulo 360 deg")


def _dec(data: npt.NDArray[Any], present: Mask, refuse: Refuse) -> None:
    bad = present & ~(np.abs(data) <= 90.0)
    refuse.where(bad, data, "Declination lies outside [-90, 90] deg", "correct it, or its unit")


def _band(data: npt.NDArray[Any], present: Mask, refuse: Refuse) -> None:
    bad = present & ~np.isin(data, BANDS)
    refuse.where(bad, data, "A band is one of u g r i z y", "put the filter in physical_filter")


def check_error(data: npt.NDArray[Any], present: Mask, refuse: Refuse) -> None:
    """Refuse a negative error; `present` tells which values are not NULL."""
    with np.errstate(invalid="ignore"):
        bad = present & (data < 0)
    refuse.where(bad, data, "An error is negative", "write NULL (or NaN) where it is not known")


CHECKS: dict[str, Callable[[npt.NDArray[Any], Mask, Refuse], None]] = {
    "ra": _ra,
    "dec": _dec,
    "band": _band,
}
"""Checks by the name of the column: its values, which of them are there, and who refuses."""
