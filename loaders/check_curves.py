"""Checks of curves: passbands and spectral energy distributions, one array per row and column."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.check_columns import Mask, Refuse

MAX_THROUGHPUT = 1.2
"""Curves that are scaled to a peak of 1 may exceed it a little; those in percent do so much."""

Arrays = npt.NDArray[Any]


def check_wavelength(data: Arrays, present: Mask, refuse: Refuse) -> None:
    """Refuse curves of less than two nodes, and wavelengths that do not increase."""
    for row in np.flatnonzero(present).tolist():
        nodes = data[row]
        if len(nodes) < 2:
            refuse.at(
                row, None, f"It has {len(nodes)} nodes, and a curve has two or more", "add them"
            )
        refuse.element(row, nodes, ~(nodes > 0), "A wavelength is not positive", "correct it")
        falls = np.concatenate([[False], np.diff(nodes) <= 0])
        refuse.element(
            row, nodes, falls, "It is not greater than the wavelength before", "sort the nodes"
        )


def check_throughput(data: Arrays, present: Mask, refuse: Refuse) -> None:
    """Refuse photon responses outside [0, 1.2], and those that are 0 everywhere."""
    for row in np.flatnonzero(present).tolist():
        response = data[row]
        refuse.element(
            row,
            response,
            ~((response >= 0) & (response <= MAX_THROUGHPUT)),
            f"A throughput lies outside [0, {MAX_THROUGHPUT}]",
            "write photons counted per photon that arrived; 0 where noise made it negative",
        )
        if not response.any():
            refuse.at(
                row, None, "It is 0 at every wavelength", "write the response, or leave it out"
            )


def _one_of(*words: str) -> Callable[[Arrays, Mask, Refuse], None]:
    """Make a check that refuses all texts but some."""

    def check(data: Arrays, present: Mask, refuse: Refuse) -> None:
        bad = present & ~np.isin(data, np.array(words, "S"))
        refuse.where(bad, data, f"It is none of {', '.join(words)}", "write one of them")

    return check


CURVE_CHECKS = {
    "wavelength": check_wavelength,
    "throughput": check_throughput,
    "wavelengthMedium": _one_of("air", "vacuum"),
    "kind": _one_of("star", "whiteDwarf", "galaxy", "qso", "supernova", "other"),
}
"""Checks by the name of the column."""
