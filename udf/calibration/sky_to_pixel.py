"""ICRS positions to pixels by TAN-SIP world coordinates, by Newton's method."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.tan_sip import TanSip, Which
from skytract.udf.calibration.tangent_plane import project

Vector = NDArray[np.float64]

STEPS = 30
"""Newton's method doubles the digits at every step: real distortions need three or four."""

CLOSE = 1e-8
"""A step this small [px] is the last; 1e-8 px are a nanoarcsecond or two."""


def sky_to_pixel(
    ra: ArrayLike,
    dec: ArrayLike,
    crpix: ArrayLike,
    crval: ArrayLike,
    cd: ArrayLike,
    sip_a: ArrayLike,
    sip_b: ArrayLike,
    name: str = "the detector",
) -> tuple[list[float], list[float]]:
    """Return the pixels of ICRS positions.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Positions [deg]; None or NaN gives NaN.
    crpix, crval, cd, sip_a, sip_b : array_like
        As `pixel_to_sky` takes them.
    name : str
        Whose WCS it is: for the error.

    Returns
    -------
    x, y : lists, length n
        Zero-based pixels; also of positions beyond the edges of the detector.

    Raises
    ------
    ValueError
        If there are not as many ra as dec, or a position has no pixel: it lies on the other half
        of the sky, or so far out that the distortion has no inverse there.

    Examples
    --------
    >>> x, y = sky_to_pixel([30.0], [-10.0], [100, 200], [30, -10], [5e-5, 0, 0, 5e-5], [], [])
    >>> round(x[0], 9), round(y[0], 9)
    (99.0, 199.0)
    """
    wcs = TanSip.read(crpix, crval, cd, sip_a, sip_b)
    east, north = np.asarray(ra, float), np.asarray(dec, float)
    if east.shape != north.shape or east.ndim != 1:
        raise ValueError(
            f"there are {east.size} ra and {north.size} dec: give two arrays of the same length"
        )
    pixels, bad = pixels_of_sky(wcs, 0, east, north)
    if bad.size:
        at = f"ra {east[bad[0]]:.6f}, dec {north[bad[0]]:.6f}"
        raise ValueError(
            f"the WCS of {name} does not converge at {at} deg ({bad.size} of {pixels.shape[1]} "
            "positions): ask only for positions on the detector or near its edges; if these are, "
            "its SIP terms are wrong"
        )
    x, y = pixels.tolist()
    return x, y


def pixels_of_sky(
    wcs: TanSip, which: Which, ra: Vector, dec: Vector
) -> tuple[Vector, NDArray[np.intp]]:
    """Return the pixels of positions for any number of systems.

    Parameters
    ----------
    wcs, which
        The systems, and the number of that of each position, shape (n,); or one for all.
    ra, dec
        Positions [deg], shape (n,).

    Returns
    -------
    pixels : ndarray, shape (2, n)
        Zero-based x and y; NaN where there is none.
    bad : ndarray
        Which positions have none, though they are numbers.
    """
    plane = project(ra, dec, wcs.crval[which, 0], wcs.crval[which, 1])
    cd = np.moveaxis(np.linalg.inv(wcs.cd), 0, -1)[:, :, which].reshape(2, 2, -1)
    start = np.einsum("ijn,jn->in", np.broadcast_to(cd, (2, 2, ra.size)), plane)
    x, y = start[0] + wcs.crpix[which, 0] - 1.0, start[1] + wcs.crpix[which, 1] - 1.0
    asked, step = np.isfinite(ra) & np.isfinite(dec), np.full_like(x, np.inf)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(STEPS):
            found, j = wcs.to_plane(which, x, y)
            off = found - plane
            area = j[0, 0] * j[1, 1] - j[0, 1] * j[1, 0]
            dx = (j[1, 1] * off[0] - j[0, 1] * off[1]) / area
            dy = (j[0, 0] * off[1] - j[1, 0] * off[0]) / area
            x, y, step = x - dx, y - dy, np.hypot(dx, dy)
            if not (step[asked] > CLOSE).any():
                break
        # Beyond where the distortion folds the plane over, pixels are not those of the camera.
        _, j = wcs.to_plane(which, x, y)
        upright = (j[0, 0] * j[1, 1] - j[0, 1] * j[1, 0]) * np.linalg.det(wcs.cd[which]) > 0.0
    good = (step <= CLOSE * (1.0 + np.hypot(x, y))) & upright
    pixels = np.where(good, np.stack([x, y]), np.nan)
    return pixels, np.flatnonzero(asked & ~good)
