"""Where stars are at another time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAS = np.pi / 180.0 / 3.6e6
"""One milliarcsecond [rad]."""

Floats = NDArray[np.float64]


def move_to_epoch(
    from_ra: ArrayLike,
    from_dec: ArrayLike,
    pm_ra: ArrayLike,
    pm_dec: ArrayLike,
    from_mjd: ArrayLike,
    to_mjd: ArrayLike,
) -> tuple[Floats, Floats]:
    """Return the positions of stars at another time, as `sky.move_to_epoch` does.

    The position vector moves along the tangent, r + t (p pmRa + q pmDec), the standard model of
    Hipparcos and Gaia (ESA SP-1200, volume 1, section 1.5.5) without radial velocity. Parallax
    is left out: it moves stars within a year and back.

    Parameters
    ----------
    from_ra, from_dec : array_like
        ICRS position [deg] at `from_mjd`.
    pm_ra, pm_dec : array_like
        Proper motion [mas/yr], that in RA times cos(dec); NaN counts as 0.
    from_mjd, to_mjd : array_like
        Times [d, MJD TAI]; a star stays where it is if one is NaN.

    Returns
    -------
    ra, dec : ndarray of float
        ICRS position [deg] at `to_mjd`, ra in [0, 360).

    Examples
    --------
    Barnard's star from Hipparcos' epoch, 1991.25, to 2000:

    >>> ra, dec = move_to_epoch(269.45402305, 4.66828815, -797.84, 10326.93, 48348.6, 51544.5)
    >>> round(float(ra), 6), round(float(dec), 6)
    (269.452077, 4.693388)
    """
    years = np.nan_to_num((np.asarray(to_mjd, float) - np.asarray(from_mjd, float)) / 365.25)
    east = np.nan_to_num(np.asarray(pm_ra, float)) * MAS * years
    north = np.nan_to_num(np.asarray(pm_dec, float)) * MAS * years
    dec = np.radians(np.asarray(from_dec, float))
    outwards = np.cos(dec) - np.sin(dec) * north
    ra = np.asarray(from_ra, float) + np.degrees(np.arctan2(east, outwards))
    height = np.sin(dec) + np.cos(dec) * north
    ra = ra - 360.0 * np.floor(ra / 360.0)
    return (
        np.where(ra < 360.0, ra, 0.0 * ra),  # a hair below 0 became 360
        np.degrees(np.arctan2(height, np.hypot(east, outwards))),
    )
