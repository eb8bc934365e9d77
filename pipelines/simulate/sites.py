"""The observatory: where it stands, and where the zenith is at a time."""

import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

LATITUDE, LONGITUDE = -30.2446, -70.7494
"""Of Cerro Pachon, deg."""

LOWEST_DEC, HIGHEST_DEC = -78.0, 18.0
"""Declinations that rise well above the horizon there, deg."""

TAI_TO_TT, TAI_TO_UTC = 32.184 / 86400.0, -37.0 / 86400.0
"""Offsets of time scales from TAI, d; UTC as since 2017."""

Floats = NDArray[np.float64]


def zenith(mjd: Floats) -> Floats:
    """Return the direction of the zenith, ICRS unit vectors of shape (n, 3), at MJD TAI.

    Rotation of the Earth with precession and nutation (IAU 2000B, `erfa.c2t00b`); polar motion
    and UT1 - UTC (< 0.9 s) are left out, so that the zenith is within 14 arcsec.
    """
    epoch = 2400000.5
    mjd = np.asarray(mjd, float)
    matrix = erfa.c2t00b(epoch, mjd + TAI_TO_TT, epoch, mjd + TAI_TO_UTC, 0.0, 0.0)
    lon, lat = np.radians(LONGITUDE), np.radians(LATITUDE)
    local = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return np.asarray(np.einsum("nji,j->ni", np.atleast_3d(matrix).reshape(-1, 3, 3), local))


def unit_vectors(ra: ArrayLike, dec: ArrayLike) -> Floats:
    """Return unit vectors, shape (..., 3), of positions [deg]."""
    lon, lat = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def tangent_axes(ra: float, dec: float) -> Floats:
    """Return the unit vectors east, north and outward, shape (3, 3), at a position [deg]."""
    lon, lat = np.radians(ra), np.radians(dec)
    east = [-np.sin(lon), np.cos(lon), 0.0]
    north = [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)]
    outward = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    return np.array([east, north, outward])


def sun_direction(mjd: Floats) -> Floats:
    """Return where the Sun is seen from the Earth, ICRS unit vectors of shape (n, 3)."""
    heliocentric, _ = erfa.epv00(2400000.5, np.asarray(mjd, float) + TAI_TO_TT)
    place = -np.asarray(heliocentric["p"])
    return np.asarray(place / np.linalg.norm(place, axis=-1, keepdims=True))


def moon_direction(mjd: Floats) -> Floats:
    """Return where the Moon is seen from the Earth's centre, unit vectors of shape (n, 3)."""
    place = np.asarray(erfa.moon98(2400000.5, np.asarray(mjd, float) + TAI_TO_TT)["p"])
    return np.asarray(place / np.linalg.norm(place, axis=-1, keepdims=True))
