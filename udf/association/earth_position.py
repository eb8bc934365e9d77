"""Where the Earth is: the baseline of parallaxes."""

from typing import NamedTuple

import erfa
import numpy as np
from numpy.typing import ArrayLike

YEARS_KNOWN = (15020.0, 88069.0)
"""MJD of the years 1900 to 2100, for which the ephemeris is made."""

TAI_TO_TT = 32.184 / 86400.0
"""Terrestrial minus atomic time [d]; the 2 ms between TT and TDB are 50 m of the Earth's way."""


class EarthPosition(NamedTuple):
    """One list per coordinate, one element per time; None where the time is out of range."""

    x: list[float | None]
    y: list[float | None]
    z: list[float | None]


def earth_position(mjd_tai: ArrayLike) -> EarthPosition:
    """Return where the centre of the Earth is, seen from the barycentre of the solar system.

    This is the ephemeris that astropy calls "builtin": `epv00` of ERFA (Bretagnon & Francou 1988,
    VSOP87), good to 10 km or 1e-7 of a parallax. An observatory is up to 4e-5 of the distance to
    the Sun away from the centre.

    Parameters
    ----------
    mjd_tai : array_like, shape (n,)
        Times [d, MJD TAI], 1900 to 2100; None or NaN is allowed.

    Returns
    -------
    EarthPosition
        Barycentric ICRS coordinates [AU]; None where the time is unknown or out of range.

    Examples
    --------
    >>> earth = earth_position([60388.1])
    >>> [round(axis[0], 2) for axis in earth]
    [-1.0, 0.02, 0.01]
    """
    mjd = np.asarray(mjd_tai, float)
    known = (mjd >= YEARS_KNOWN[0]) & (mjd <= YEARS_KNOWN[1])
    _, barycentric = erfa.epv00(2400000.5, np.where(known, mjd, 51544.5) + TAI_TO_TT)
    axes = np.where(known, barycentric["p"].T, np.nan).tolist()
    return EarthPosition(*([None if c != c else c for c in axis] for axis in axes))
