"""Where objects are seen: motion, parallax, refraction, and the pixels their light falls on."""

import erfa
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import legendre
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.objects import EPOCH_MJD
from skytract.pipelines.simulate.sites import TAI_TO_TT, tangent_axes

MAS = np.pi / 180.0 / 3.6e6
"""One milliarcsecond [rad]."""

KM_PER_S = 365.25 * 86400.0 / 149597870.7
"""1 km/s in AU/yr."""

Floats = NDArray[np.float64]


def directions(objects: NDArray[np.void], vectors: Floats, mjd: float) -> Floats:
    """Return where objects are seen from the Earth at a time, shape (n, 3), not normalised.

    r (1 + zeta t) + t (p pmRa + q pmDec) - parallax * Earth, with zeta the radial velocity times
    the parallax: uniform motion in space (ESA SP-1200 vol. 1, eq. 1.2.16). Positions are
    astrometric: aberration and deflection of light are not in them.

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    vectors
        Their unit vectors at EPOCH_MJD, shape (n, 3).
    mjd
        MJD TAI.
    """
    years = (mjd - EPOCH_MJD) / 365.25
    x, y, z = vectors.T
    cosine = np.hypot(x, y)
    east, north = MAS * years * objects["pmRa"], MAS * years * objects["pmDec"]
    parallax = MAS * objects["parallax"]
    outward = 1.0 + years * KM_PER_S * objects["radialVelocity"] * parallax
    sideways, inward = east / cosine, outward - north * z / cosine
    earth = earth_at(mjd)
    return np.stack(
        [
            x * inward - y * sideways - earth[0] * parallax,
            y * inward + x * sideways - earth[1] * parallax,
            z * outward + north * cosine - earth[2] * parallax,
        ],
        axis=1,
    )


def earth_at(mjd: float) -> Floats:
    """Return the barycentric place of the Earth, shape (3,) [AU] (`erfa.epv00`)."""
    _, barycentric = erfa.epv00(2400000.5, mjd + TAI_TO_TT)
    return np.asarray(barycentric["p"])


def refracted(vectors: Floats, lift: Floats, up: Floats) -> Floats:
    """Return directions lifted toward the zenith by `lift` rad per tan z, shape (n, 3).

    A step of lift * tan z along the great circle to the zenith Z is lift * (Z / (Z.p) - p).
    """
    return np.asarray(vectors * (1.0 - lift)[:, None] + (lift / (vectors @ up))[:, None] * up)


def to_plane(image: Image, vectors: Floats) -> Floats:
    """Return standard coordinates [deg] about the boresight, shape (2, n)."""
    east, north, outward = tangent_axes(image.wcs.ra, image.wcs.dec) @ vectors.T
    return np.asarray(np.degrees(np.stack([east, north]) / outward))


def fall(image: Image, vectors: Floats) -> tuple[Floats, Floats, Floats]:
    """Return where light falls and how much of it the flat field makes.

    Returns
    -------
    x, y : ndarray, shape (n,)
        Zero-based pixels: those of the WCS and its true errors.
    flat : ndarray, shape (n,)
        Counts over those of a perfect flat field.
    """
    x, y = image.wcs.plane_to_pixels(to_plane(image, vectors))
    fields = legendre(x, y)
    dx, dy, flat = np.concatenate([image.displacement, image.flat[None]]) @ fields
    return x + dx, y + dy, 1.0 + flat
