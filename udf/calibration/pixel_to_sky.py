"""Pixels to ICRS positions by TAN-SIP world coordinates, with the full covariance.

Sky positions follow from the tangent plane by atan2 of its Cartesian axes, which keeps its
accuracy at the poles and across ra = 0.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.calibration.tan_sip import TanSip, Which

Vector = NDArray[np.float64]

CHUNK = 1 << 13
"""Rows that are worked on at a time: their intermediate columns stay in the processor's cache."""


def pixel_to_sky(
    x: ArrayLike,
    y: ArrayLike,
    x_err: ArrayLike,
    y_err: ArrayLike,
    x_y_cov: ArrayLike,
    crpix: ArrayLike,
    crval: ArrayLike,
    cd: ArrayLike,
    sip_a: ArrayLike,
    sip_b: ArrayLike,
) -> tuple[list[float], list[float], list[float], list[float], list[float]]:
    """Return the ICRS positions of pixels, with errors.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Position [px]; the centre of the first pixel is (0, 0).
    x_err, y_err : array_like, shape (n,)
        1-sigma errors [px]; None or NaN where unknown.
    x_y_cov : array_like, shape (n,)
        Covariance of x and y [px^2]; None or NaN counts as 0.
    crpix, crval : array_like, shape (2,)
        Reference pixel, counted from 1 [px], and its position [deg].
    cd : array_like, shape (4,)
        cd1_1, cd1_2, cd2_1, cd2_2 [deg/px].
    sip_a, sip_b : array_like, shape ((order + 1)**2,)
        SIP terms, row by row: A_pq multiplies u^p v^q; empty or None for no distortion.

    Returns
    -------
    ra, dec : lists, length n
        [deg], ra in [0, 360).
    ra_err, dec_err : lists, length n
        1-sigma errors [deg], that of ra multiplied by cos(dec); NaN where unknown.
    ra_dec_cov : list, length n
        Covariance of (ra cos dec, dec) [deg^2]; NaN where unknown.

    Raises
    ------
    ValueError
        If the five arrays are not of the same length.

    Examples
    --------
    >>> ra, dec, ra_err, dec_err, cov = pixel_to_sky(
    ...     [99.0], [199.0], [0.1], [0.1], [None], [100, 200], [30, -10], [5e-5, 0, 0, 5e-5], [], []
    ... )
    >>> round(ra[0], 12), round(dec[0], 12), round(ra_err[0], 12), round(cov[0], 12)
    (30.0, -10.0, 5e-06, 0.0)
    """
    wcs = TanSip.read(crpix, crval, cd, sip_a, sip_b)
    columns = [np.asarray(c, float) for c in (x, y, x_err, y_err, x_y_cov)]
    if any(column.shape != columns[0].shape or column.ndim != 1 for column in columns):
        raise ValueError(
            "x, y, their errors and covariance are arrays of the shapes"
            f" {', '.join(str(column.shape) for column in columns)}: give five of the same length,"
            " with NULL where an error is not known"
        )
    pixels = np.array(columns)
    ra, dec, ra_err, dec_err, cov = sky_of_pixels(wcs, 0, pixels).tolist()
    return ra, dec, ra_err, dec_err, cov


def sky_of_pixels(wcs: TanSip, which: Which, pixels: Vector) -> Vector:
    """Return positions and errors for pixels of any number of systems.

    Parameters
    ----------
    wcs
        The systems.
    which
        Number of the system of each pixel, shape (n,); or one for all.
    pixels
        x, y, their errors and covariance, as `pixel_to_sky` takes them; shape (5, n).

    Returns
    -------
    ndarray, shape (5, n)
        ra, dec, their errors and covariance, as `pixel_to_sky` returns them.
    """
    sky = np.empty_like(pixels)
    for start in range(0, pixels.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        own = which if isinstance(which, int) else which[part]
        sky[:2, part], jacobian = positions(wcs, own, pixels[0, part], pixels[1, part])
        sky[2:, part] = _propagate(jacobian, *pixels[2:, part])
    return sky


def positions(wcs: TanSip, which: Which, x: Vector, y: Vector) -> tuple[Vector, Vector]:
    """Return ra and dec [deg], shape (2, n), and d(ra cos dec, dec)/d(x, y) [deg/px], (2, 2, n)."""
    plane, by_pixel = wcs.to_plane(which, x, y)
    sky, by_plane = _deproject(*np.radians(plane), *np.radians(wcs.crval[which].T))
    return sky, np.stack(
        [
            np.stack([e[0] * by_pixel[0, k] + e[1] * by_pixel[1, k] for k in (0, 1)])
            for e in by_plane
        ]
    )


def _deproject(
    xi: Vector, eta: Vector, ra0: Vector, dec0: Vector
) -> tuple[Vector, tuple[tuple[Vector, Vector], tuple[Vector, Vector]]]:
    """Return ra, dec [deg] and d(ra cos dec, dec)/d(xi, eta), all from [rad]."""
    sin0, cos0 = np.sin(dec0), np.cos(dec0)
    forward, north = cos0 - eta * sin0, sin0 + eta * cos0
    rho2 = xi * xi + forward * forward
    rho, r2 = np.sqrt(rho2), 1.0 + xi * xi + eta * eta
    ra = np.degrees(ra0 + np.arctan2(xi, forward)) % 360.0
    sky = np.stack([np.where(ra >= 360.0, 0.0, ra), np.degrees(np.arctan2(north, rho))])
    # At the pole itself rho = 0 and east has no direction: errors are undefined there.
    with np.errstate(divide="ignore", invalid="ignore"):
        per = 1.0 / (rho * np.sqrt(r2))
        east = forward * per, xi * sin0 * per
        per = 1.0 / (rho * r2)
        return sky, (east, (-north * xi * per, (rho2 * cos0 + north * forward * sin0) * per))


def _propagate(j: Vector, x_err: Vector, y_err: Vector, x_y_cov: Vector) -> Vector:
    """Return the errors of both axes and their covariance, of J C J^T, shape (3, n)."""
    xx, yy = x_err * x_err, y_err * y_err
    xy = np.where(np.isnan(x_y_cov), 0.0, x_y_cov)
    cxx, cxy, cyy = (
        j[m, 0] * (j[n, 0] * xx + j[n, 1] * xy) + j[m, 1] * (j[n, 0] * xy + j[n, 1] * yy)
        for m, n in ((0, 0), (0, 1), (1, 1))
    )
    return np.stack([np.sqrt(cxx), np.sqrt(cyy), cxy])
