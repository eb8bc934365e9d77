"""Checks of columns that must go together in a row: curves, distortions, airmasses."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from skytract.loaders.check_columns import Refuse
from skytract.loaders.copy_column import CopyColumn

Columns = Mapping[str, CopyColumn]


def refuse_contradictions(columns: Columns, refuse_of: Callable[[str], Refuse]) -> None:
    """Refuse rows whose columns contradict each other, in tables that have such columns.

    Those are curves without one value for each wavelength, SIP coefficients that are not as many as
    their order has, and passbands with an airmass that do not include the atmosphere. Refusals of a
    column are made by what `refuse_of` returns for it.
    """
    for key in sorted(columns.keys() & {"throughput", "fNu"}):
        for row, values in _arrays(columns[key]):
            nodes = len(columns["wavelength"].values[row])
            if len(values) != nodes:
                said = f"{key} has {len(values)} elements, wavelength has {nodes}"
                refuse_of(key).at(row, None, said, "write one value for each wavelength")
    for key in sorted(columns.keys() & {"sipA", "sipB"}):
        for row, values in _arrays(columns[key]):
            order = int(columns["sipOrder"].values[row]) if "sipOrder" in columns else 0
            if len(values) != (order + 1) ** 2:
                said = f"{key} has {len(values)} elements, and sipOrder is {order}"
                refuse_of(key).at(
                    row, None, said, "write (sipOrder + 1)^2 coefficients, row by row"
                )
    if columns.keys() >= {"airmass", "includesAtmosphere"}:
        missing = columns["airmass"].missing
        bad = ~columns["includesAtmosphere"].values
        refuse_of("airmass").where(
            bad if missing is None else bad & ~missing,
            columns["airmass"].values,
            "It has an airmass and does not include the atmosphere",
            "leave airmass out (NULL), or correct includesAtmosphere",
        )


def _arrays(column: CopyColumn) -> Iterator[tuple[int, Any]]:
    """Yield rows that have an array, and the array."""
    there = np.ones(len(column.values), bool) if column.missing is None else ~column.missing
    for row in np.flatnonzero(there).tolist():
        yield row, column.values[row]
