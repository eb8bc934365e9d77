"""The kinds of variability, and the columns every draw fills in."""

import numpy as np
from numpy.typing import NDArray

VARIABLE_KINDS = (
    "constant",
    "rrLyraeAb",
    "rrLyraeC",
    "cepheid",
    "deltaScuti",
    "longPeriod",
    "eclipsing",
    "flareStar",
    "dampedRandomWalk",
    "supernovaIa",
    "supernovaIbc",
    "supernovaII",
    "tidalDisruption",
)
"""Names of the values of the column `varKind`; new ones are appended."""

PULSATORS = VARIABLE_KINDS[1:6]
TRANSIENTS = VARIABLE_KINDS[9:]

PARAMS = 6
"""Length of `varParams`, whose meaning each kind's module tells."""

WAVELENGTH = np.array([368.0, 484.0, 622.0, 755.0, 869.0, 971.0])
"""Effective wavelengths of ugrizy, nm (LSST passbands, rounded)."""

VARIABLE = np.dtype(
    [
        ("flux", "f8"),  # nJy in r: the mean; of transients, at their reference time
        ("gr", "f4"),  # mag, mean colour g - r
        ("absoluteR", "f4"),  # mag, of the mean in r; for the choice of a spectrum
        ("component", "i1"),  # 0 thin disk, 1 thick disk, 2 halo
        ("distance", "f8"),  # pc
        ("varKind", "i1"),
        ("period", "f8"),
        ("epochOfMax", "f8"),
        ("varParams", "f4", (PARAMS,)),
    ]
)
"""What a population of variable things brings, before it has positions."""


def kind_index(name: str) -> int:
    """Return the value of `varKind` of a kind."""
    return VARIABLE_KINDS.index(name)


def empty_variables(number: int, kind: str) -> NDArray[np.void]:
    """Return rows of `VARIABLE` of one kind, all else zero, period and epoch NaN."""
    rows = np.zeros(number, VARIABLE)
    rows["varKind"] = kind_index(kind)
    rows["period"] = rows["epochOfMax"] = np.nan
    return rows
