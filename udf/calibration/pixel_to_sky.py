"""TAN-SIP world coordinates: pixels to ICRS positions, with the full covariance.

Projection: Calabretta & Greisen 2002 (A&A 395, 1077), section 5.1.3. Distortion: the SIP
convention, Shupe et al. 2005 (ASP Conf. 347, 491). Sky positions follow from the tangent plane
by atan2 of its Cartesian axes, which keeps its accuracy at the poles and across ra = 0.
LONPOLE is 180 deg, as FITS takes it to be unless CRVAL2 is exactly 90.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.polynomial import polyval2d
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class TanSip:
    """The terms of a TAN-SIP world coordinate system, as raw.VisitDetector holds them."""

    crpix: Vector
    """Reference pixel, counted from 1 as in FITS, shape (2,) [px]."""
    crval: Vector
    """Its ICRS position, shape (2,) [deg]."""
    cd: Vector
    """cd1_1 cd1_2 cd2_1 cd2_2, shape (2, 2) [deg/px]."""
    a: Vector
    """A_pq multiplies u^p v^q, shape (order + 1, order + 1); order 0 is no distortion."""
    b: Vector
    """B_pq, likewise."""

    @classmethod
    def read(
        cls, crpix: ArrayLike, crval: ArrayLike, cd: ArrayLike, sip_a: ArrayLike, sip_b: ArrayLike
    ) -> "TanSip":
        """Make one from flat lists; the SIP terms are row-major and may be empty or None."""
        shaped = np.asarray(cd, float).reshape(2, 2)
        terms = (_square(sip_a, "sipA"), _square(sip_b, "sipB"))
        return cls(np.asarray(crpix, float), np.asarray(crval, float), shaped, *terms)


def _square(terms: ArrayLike | None, name: str) -> Vector:
    """Return row-major coefficients as a square matrix; 1 x 1 of zero if there are none."""
    flat: Vector = np.zeros(1) if terms is None else np.asarray(terms, float).ravel()
    side = int(np.sqrt(len(flat)) + 0.5)
    if side * side != len(flat):
        raise ValueError(
            f"{name} has {len(flat)} terms: give (order + 1)^2 of them, row by row, "
            "with zeros for those that are not used"
        )
    return flat.reshape(side, side) if side else np.zeros((1, 1))


def _polynomial(terms: Vector, u: Vector, v: Vector) -> tuple[Vector, Vector, Vector]:
    """Return sum of terms_pq u^p v^q and its derivatives by u and by v."""
    value = polyval2d(u, v, terms)
    if len(terms) == 1:
        return np.asarray(value, np.float64), np.zeros_like(u), np.zeros_like(u)
    power = np.arange(1, len(terms))
    by_u = polyval2d(u, v, terms[1:, :] * power[:, None])
    by_v = polyval2d(u, v, terms[:, 1:] * power)
    return np.asarray(value, np.float64), np.asarray(by_u, np.float64), np.asarray(by_v, np.float64)


def _deproject(xi: Vector, eta: Vector, crval: Vector) -> tuple[Vector, Vector, Vector]:
    """Return ra, dec [deg] and d(ra cos dec, dec)/d(xi, eta), shape (2, 2, n), from [rad]."""
    ra0, dec0 = np.radians(crval)
    sin0, cos0 = np.sin(dec0), np.cos(dec0)
    forward, north = cos0 - eta * sin0, sin0 + eta * cos0
    rho, r = np.hypot(xi, forward), np.sqrt(1.0 + xi**2 + eta**2)
    ra = np.degrees(ra0 + np.arctan2(xi, forward)) % 360.0
    dec = np.degrees(np.arctan2(north, rho))
    # At the pole itself rho = 0 and east has no direction: errors are undefined there.
    with np.errstate(divide="ignore", invalid="ignore"):
        jacobian = np.array(
            [
                [forward / (rho * r), xi * sin0 / (rho * r)],
                [-north * xi / (rho * r**2), (rho * cos0 + north * forward * sin0 / rho) / r**2],
            ]
        )
    return np.where(ra < 360.0, ra, 0.0), dec, jacobian


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

    Examples
    --------
    >>> ra, dec, ra_err, dec_err, cov = pixel_to_sky(
    ...     [99.0], [199.0], [0.1], [0.1], [None], [100, 200], [30, -10], [5e-5, 0, 0, 5e-5], [], []
    ... )
    >>> round(ra[0], 12), round(dec[0], 12), round(ra_err[0], 12), round(cov[0], 12)
    (30.0, -10.0, 5e-06, 0.0)
    """
    wcs = TanSip.read(crpix, crval, cd, sip_a, sip_b)
    u = np.asarray(x, float) - (wcs.crpix[0] - 1.0)
    v = np.asarray(y, float) - (wcs.crpix[1] - 1.0)
    a, a_u, a_v = _polynomial(wcs.a, u, v)
    b, b_u, b_v = _polynomial(wcs.b, u, v)
    xi, eta = np.radians(np.einsum("ij,jn->in", wcs.cd, np.array([u + a, v + b])))
    ra, dec, to_sky = _deproject(xi, eta, wcs.crval)
    distortion = np.array([[1.0 + a_u, a_v], [b_u, 1.0 + b_v]])
    jacobian = np.einsum("ijn,jk,kln->iln", to_sky, wcs.cd, distortion)
    covariance = _propagate(jacobian, x_err, y_err, x_y_cov)
    errors = np.sqrt(covariance[0]), np.sqrt(covariance[1])
    return ra.tolist(), dec.tolist(), errors[0].tolist(), errors[1].tolist(), covariance[2].tolist()


def _propagate(j: Vector, x_err: ArrayLike, y_err: ArrayLike, x_y_cov: ArrayLike) -> Vector:
    """Return the variances of both axes and their covariance, J C J^T, shape (3, n)."""
    xx, yy = np.asarray(x_err, float) ** 2, np.asarray(y_err, float) ** 2
    xy = np.nan_to_num(np.asarray(x_y_cov, float))
    return np.array(
        [
            j[m, 0] * j[n, 0] * xx
            + j[m, 1] * j[n, 1] * yy
            + (j[m, 0] * j[n, 1] + j[m, 1] * j[n, 0]) * xy
            for m, n in ((0, 0), (1, 1), (0, 1))
        ]
    )
