"""Where the observer is: the Earth about the Sun, the observatory about the Earth's centre."""

import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.pipelines.simulate.sites import LATITUDE, LONGITUDE, TAI_TO_TT, TAI_TO_UTC

Floats = NDArray[np.float64]

HEIGHT = 2663.0
"""Of Cerro Pachon above the ellipsoid, m."""

PACHON = (LONGITUDE, LATITUDE, HEIGHT)
"""Longitude, latitude [deg] and height [m] of the observatory."""

AU_METRES = 149597870700.0
"""IAU 2012 resolution B2."""

ROTATION = 2.0 * np.pi * 1.00273781191135448
"""Of the Earth, rad/d (IERS Conventions 2010, eq. 5.15)."""

_MJD0 = 2400000.5


def observer_state(
    mjd: ArrayLike, site: tuple[float, float, float] = PACHON
) -> tuple[Floats, Floats]:
    """Return heliocentric position [au] and velocity [au/d] of an observatory, (n, 3) each, ICRS.

    The Earth is that of `erfa.epv00`, within 7 km of JPL's relative to the Sun. The Earth rotates
    with precession and nutation (IAU 2000B); UT1 - UTC (< 0.9 s, hence < 0.4 km) and polar motion
    are left out: 3 mas at 0.2 au.

    Parameters
    ----------
    mjd
        MJD TAI, scalar or shape (n,).
    site
        Longitude, latitude [deg] and height [m] on the WGS84 ellipsoid.
    """
    tai = np.atleast_1d(np.asarray(mjd, np.float64))
    heliocentric, _ = erfa.epv00(_MJD0, tai + TAI_TO_TT)
    to_earth = erfa.c2t00b(_MJD0, tai + TAI_TO_TT, _MJD0, tai + TAI_TO_UTC, 0.0, 0.0)
    ground = erfa.gd2gc(1, np.radians(site[0]), np.radians(site[1]), site[2]) / AU_METRES
    spin = ROTATION * np.array([-ground[1], ground[0], 0.0])
    place = np.asarray(heliocentric["p"]) + np.einsum("nji,j->ni", to_earth, ground)
    motion = np.asarray(heliocentric["v"]) + np.einsum("nji,j->ni", to_earth, spin)
    return np.asarray(place), np.asarray(motion)
