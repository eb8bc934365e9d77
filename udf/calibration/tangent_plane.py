"""Positions on planes that touch the sky, and back: many planes at a time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MAS = 3.6e6
"""Milliarcseconds per degree."""


def project(ra: ArrayLike, dec: ArrayLike, ra0: ArrayLike, dec0: ArrayLike) -> Floats:
    """Return gnomonic coordinates of positions about others, to the east and north.

    Calabretta & Greisen 2002 (A&A 395, 1077), section 5.1.3.

    Parameters
    ----------
    ra, dec
        Positions [deg].
    ra0, dec0
        Where the plane touches the sky [deg]; all four broadcast.

    Returns
    -------
    ndarray, shape (2, ...)
        [deg]; NaN where the position is not in front of the plane.

    Examples
    --------
    >>> project([10.0, 190.0], 0.0, 10.0, 0.001).round(9).tolist()
    [[0.0, nan], [-0.001, nan]]
    """
    lon, lat, lat0 = np.radians(np.subtract(ra, ra0)), np.radians(dec), np.radians(dec0)
    cosine = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon)
    depth = np.where(cosine > 0.0, cosine, np.nan)
    east = np.cos(lat) * np.sin(lon) / depth
    north = (np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon)) / depth
    return np.asarray(np.degrees(np.stack(np.broadcast_arrays(east, north))))


def displaced(ra: Floats, dec: Floats, east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Return positions moved on the planes that touch the sky there.

    Parameters
    ----------
    ra, dec
        Positions [deg].
    east, north
        Displacements [mas]; all broadcast.

    Examples
    --------
    >>> ra, dec = displaced(359.9999, 60.0, 3600.0, 0.0)
    >>> round(float(ra), 7), round(float(dec), 7)
    (0.0019, 60.0)
    """
    e, n, lat = np.radians(east / MAS), np.radians(north / MAS), np.radians(dec)
    forward, up = np.cos(lat) - n * np.sin(lat), np.sin(lat) + n * np.cos(lat)
    moved = (ra + np.degrees(np.arctan2(e, forward))) % 360.0
    return np.where(moved >= 360.0, 0.0, moved), np.degrees(np.arctan2(up, np.hypot(e, forward)))
