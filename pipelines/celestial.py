"""Pixels and sky: TAN and TAN-SIP projections, read, made, evaluated, written."""

from typing import Any

import numpy as np
from astropy.wcs import WCS

from skytract.pipelines.exposure import Floats
from skytract.pipelines.frame_error import FrameError

ARCSEC = 1.0 / 3600.0
"""Degrees per arcsecond."""
PROJECTIONS = (["RA---TAN", "DEC--TAN"], ["RA---TAN-SIP", "DEC--TAN-SIP"])


def has_celestial(header: Any) -> bool:
    """Whether a FITS header holds a celestial projection."""
    return "RA" in str(header.get("CTYPE1", "")) and "DEC" in str(header.get("CTYPE2", ""))


def read_wcs(header: Any, name: str) -> WCS:
    """Read the projection of a trimmed image, which must be TAN or TAN-SIP.

    Raises
    ------
    FrameError
        If the header holds another projection, or one with a singular matrix.
    """
    try:
        wcs = WCS(header, naxis=2)
        singular = not abs(np.linalg.det(wcs.pixel_scale_matrix)) > 0
    except Exception as error:
        raise FrameError(f"{name}: the WCS in the header cannot be read ({error}).") from error
    if list(wcs.wcs.ctype) not in PROJECTIONS or singular:
        raise FrameError(
            f"{name}: the WCS is {list(wcs.wcs.ctype)} with matrix "
            f"{wcs.pixel_scale_matrix.tolist()}; an invertible TAN or TAN-SIP is needed."
        )
    return wcs


def tangent_wcs(ra: float, dec: float, scale: float, shape: tuple[int, int]) -> WCS:
    """Make a TAN projection with the pointing in the middle, north up and east left.

    Parameters
    ----------
    ra, dec : float, deg
    scale : float, arcsec/pixel
    shape : (ny, nx)

    Examples
    --------
    >>> wcs = tangent_wcs(10.0, -5.0, 0.2, (100, 200))
    >>> [round(float(v), 6) for v in pixels_to_sky(wcs, [99.5], [49.5])[0]]
    [10.0]
    """
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = PROJECTIONS[0]
    wcs.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.cd = np.diag([-scale * ARCSEC, scale * ARCSEC])
    wcs.wcs.radesys = "ICRS"
    wcs.wcs.set()
    return wcs


def pixels_to_sky(wcs: WCS, x: Any, y: Any) -> tuple[Floats, Floats]:
    """Sky positions (ra, dec) [deg] of zero-based pixels."""
    ra, dec = wcs.all_pix2world(np.asarray(x, float), np.asarray(y, float), 0)
    return np.asarray(ra, float), np.asarray(dec, float)


def sky_to_pixels(wcs: WCS, ra: Any, dec: Any) -> tuple[Floats, Floats]:
    """Zero-based pixels (x, y) of sky positions [deg]; NaN beyond 90 deg of the tangent point."""
    x, y = wcs.all_world2pix(np.asarray(ra, float), np.asarray(dec, float), 0, quiet=True)
    return np.asarray(x, float), np.asarray(y, float)


def pixel_scale(wcs: WCS) -> float:
    """Geometric-mean pixel scale at the reference point [arcsec/pixel]."""
    return float(np.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix))) / ARCSEC)


def wcs_terms(wcs: WCS) -> dict[str, Any]:
    """Return the projection as columns of VisitDetector.

    `crpix` is one-based as in FITS; sipA and sipB are row-major, element p * (sipOrder + 1) + q
    multiplying u^p v^q (Shupe et al. 2005, ASP Conf. 347, 491); None without distortion.
    """
    cd = wcs.pixel_scale_matrix
    order = 0 if wcs.sip is None else max(wcs.sip.a_order, wcs.sip.b_order)
    terms: dict[str, Any] = {
        "crpix1": float(wcs.wcs.crpix[0]),
        "crpix2": float(wcs.wcs.crpix[1]),
        "crval1": float(wcs.wcs.crval[0]),
        "crval2": float(wcs.wcs.crval[1]),
        "sipOrder": order,
        "sipA": _sip_terms(wcs.sip.a, order) if order else None,
        "sipB": _sip_terms(wcs.sip.b, order) if order else None,
    }
    return terms | {f"cd{i + 1}_{j + 1}": float(cd[i, j]) for i in (0, 1) for j in (0, 1)}


def _sip_terms(coefficients: Any, order: int) -> list[float]:
    full = np.zeros((order + 1, order + 1))
    size = len(coefficients)
    full[:size, :size] = coefficients
    return [float(value) for value in full.ravel()]
