"""Candidates for near pairs: what lies in a window of right ascension, zone by zone.

The zones algorithm (Gray, Nieto-Santisteban & Szalay 2006, MSR-TR-2006-52, section 3) on sorted
arrays: two binary searches per position and zone.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rows = NDArray[np.intp]

ZONE_RADII = 30.0
"""Height of a zone in radii: one circle in fifteen reaches into a second zone."""

LEAST_ZONE = 30.0
"""Least height of a zone [arcsec], so that a float64 holds zone and right ascension."""

ZONE_STEP = 512.0
"""Keys of neighbouring zones differ by so much [deg]: more than a full turn."""

SLACK = 1e-8
"""More than rounding of keys (below 2^24) and of positions can move an edge [deg]."""


class Positions(NamedTuple):
    """Rows in arrays: ids, and ICRS positions [deg]; ra may be any finite angle."""

    id: Integers
    ra: Floats
    dec: Floats

    def take(self, rows: Rows | slice) -> "Positions":
        """Return some of the rows."""
        return Positions(self.id[rows], self.ra[rows], self.dec[rows])


class Windows(NamedTuple):
    """Stretches [start, stop) of right rows that hold all near a left row, and others.

    `left` is the left row of each stretch, ascending; a row has none, one or several.
    """

    left: Rows
    start: Rows
    stop: Rows

    def only(self, chosen: NDArray[np.bool_]) -> "Windows":
        """Return the chosen stretches."""
        return Windows(self.left[chosen], self.start[chosen], self.stop[chosen])

    def pairs(self) -> tuple[Rows, Rows]:
        """Return left and right rows of all candidates, in the order of left rows."""
        count = self.stop - self.start
        shift = np.repeat(self.start - (np.cumsum(count) - count), count)
        return np.repeat(self.left, count), np.arange(shift.size) + shift


def zone_keys(rows: Positions, radius: float) -> Floats:
    """Return numbers that order rows by the zones for a radius [deg], and by ra in each."""
    return _zone(rows.dec, _height(radius)) * ZONE_STEP + _turn(rows.ra)


def near_windows(left: Positions, right_keys: Floats, radius: float) -> Windows:
    """Return where the right rows within a radius [deg] of each left row are.

    The right rows are given by their `zone_keys` for that radius, ascending; it is fastest if the
    left rows are in that order, too.

    Examples
    --------
    >>> stars = Positions(np.arange(3), np.array([0.0001, 10.0, 359.9999]), np.zeros(3))
    >>> near_windows(stars, zone_keys(stars, 0.001), 0.001).pairs()
    (array([0, 0, 1, 2, 2]), array([0, 2, 1, 2, 0]))
    """
    rows, low, high = _intervals(left, radius + SLACK, _height(radius))
    start, stop = np.searchsorted(right_keys, low), np.searchsorted(right_keys, high, "right")
    some = np.flatnonzero(stop > start)
    some = some[np.argsort(rows[some], kind="stable")]
    return Windows(rows[some], start[some], stop[some])


def _intervals(left: Positions, reach: float, height: float) -> tuple[Rows, Floats, Floats]:
    """Return the intervals of keys that circles cover, and whose circle each belongs to.

    A circle around a pole takes whole zones; one across RA 0 is cut in two.
    """
    ra, dec, zone = _turn(left.ra), left.dec, _zone(left.dec, height)
    polar = np.abs(dec) + reach >= 90.0
    level = np.where(polar, 1.0, np.cos(np.radians(dec)))
    half = np.degrees(np.arcsin(np.minimum(1.0, np.sin(np.radians(min(reach, 90.0))) / level)))
    low, high = np.where(polar, -1.0, ra - half), np.where(polar, 361.0, ra + half)
    south = np.flatnonzero(_zone(dec - reach, height) < zone)
    north = np.flatnonzero(_zone(dec + reach, height) > zone)
    rows = np.concatenate([np.arange(len(ra)), south, north])
    zone = np.concatenate([zone, zone[south] - 1.0, zone[north] + 1.0])
    low, high = low[rows], high[rows]
    west = np.flatnonzero(~polar[rows] & (low < 0.0))
    east = np.flatnonzero(~polar[rows] & (high >= 360.0))
    low = np.concatenate([low, low[west] + 360.0, np.full(east.size, -1.0)])
    high = np.concatenate([high, np.full(west.size, 361.0), high[east] - 360.0])
    pieces = np.concatenate([np.arange(rows.size), west, east])
    base = zone[pieces] * ZONE_STEP
    return rows[pieces], base + low, base + high


def _height(radius: float) -> float:
    """Return the height of the zones for a radius [both in deg]."""
    return max(ZONE_RADII * radius, LEAST_ZONE / 3600.0)


def _zone(dec: Floats, height: float) -> Floats:
    """Return the zone of declinations [deg]; beyond a pole that of the pole."""
    return np.floor((np.clip(dec, -90.0, 90.0) + 90.0) / height)


def _turn(ra: Floats) -> Floats:
    """Return angles within [0, 360] deg; they mostly are, and a division takes its time."""
    return ra if np.all((ra >= 0.0) & (ra < 360.0)) else ra % 360.0
