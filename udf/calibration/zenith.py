"""Where the zenith is in a visit: which way, and how far, the air lifts a source."""

import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LONGITUDE, LATITUDE = -70.7494, -30.2446
"""Of Cerro Pachon, to the east and north [deg]."""

TAI_TO_TT, TAI_TO_UTC = 32.184 / 86400.0, -37.0 / 86400.0
"""Offsets of time scales from TAI [d]; UTC as since 2017, 3 arcmin of hour angle off in 1990."""

JD = 2400000.5
"""Julian date of MJD 0."""


def visit_geometry(
    ra: ArrayLike,
    dec: ArrayLike,
    mjd: ArrayLike,
    longitude: float = LONGITUDE,
    latitude: float = LATITUDE,
) -> tuple[list[float], list[float]]:
    """Return zenith distances and parallactic angles of ICRS positions.

    Rotation of the Earth with precession and nutation (IAU 2000B); aberration, polar motion,
    UT1 - UTC and refraction are left out: half an arcminute.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Positions [deg].
    mjd : array_like, shape (n,)
        Times [MJD TAI].
    longitude, latitude : float
        Geodetic, of the telescope, to the east and north [deg].

    Returns
    -------
    zenith_distance, parallactic_angle : lists, length n
        [deg]; the angle is that of the zenith at the position, from north through east.

    Examples
    --------
    >>> z, q = visit_geometry([0.0], [-90.0], [60000.0])
    >>> round(z[0])
    60
    """
    zenith = zenith_at(np.asarray(mjd, float), longitude, latitude)
    east, north, depth = np.einsum("aic,ic->ai", _axes(ra, dec), zenith)
    distance = np.arctan2(np.hypot(east, north), depth)
    return np.degrees(distance).tolist(), np.degrees(np.arctan2(east, north)).tolist()


def zenith_at(mjd: Floats, longitude: float, latitude: float) -> Floats:
    """Return ICRS unit vectors to the zenith, shape (n, 3), at MJD TAI."""
    matrix = erfa.c2t00b(JD, mjd + TAI_TO_TT, JD, mjd + TAI_TO_UTC, 0.0, 0.0)
    lon, lat = np.radians(longitude), np.radians(latitude)
    local = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return np.asarray(np.einsum("nji,j->ni", np.reshape(matrix, (-1, 3, 3)), local))


def zenith_vectors(
    ra: ArrayLike, dec: ArrayLike, zenith_distance: ArrayLike, parallactic_angle: ArrayLike
) -> Floats:
    """Return ICRS unit vectors to the zenith, shape (n, 3), by its distance and angle at positions.

    Examples
    --------
    >>> zenith_vectors([0.0], [0.0], [90.0], [0.0]).round(9).tolist()
    [[0.0, 0.0, 1.0]]
    """
    z, q = np.radians(zenith_distance), np.radians(parallactic_angle)
    parts = np.stack([np.sin(z) * np.sin(q), np.sin(z) * np.cos(q), np.cos(z)])
    return np.asarray(np.einsum("an,anc->nc", parts, _axes(ra, dec)))


def _axes(ra: ArrayLike, dec: ArrayLike) -> Floats:
    """Return the unit vectors east, north and outward at positions, shape (3, n, 3)."""
    lon, lat = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    zero = np.zeros_like(lon)
    east = [-np.sin(lon), np.cos(lon), zero]
    north = [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)]
    outward = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    return np.moveaxis(np.array([east, north, outward]), 2, 1)
