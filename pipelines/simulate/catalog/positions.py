"""Where objects are seen: motion, parallax, refraction, and the pixels their light falls on."""

from functools import lru_cache

import erfa
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import legendre
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.objects import EPOCH_MJD
from skytract.pipelines.simulate.sites import TAI_TO_TT

MAS = np.pi / 180.0 / 3.6e6
"""One milliarcsecond [rad]."""

KM_PER_S = 365.25 * 86400.0 / 149597870.7
"""1 km/s in AU/yr."""

Floats = NDArray[np.float64]


def motion(objects: NDArray[np.void], vectors: Floats) -> Floats:
    """Return by how much directions change per year, shape (n, 3): zeta r + p pmRa + q pmDec.

    zeta is the radial velocity times the parallax: uniform motion in space (ESA SP-1200 vol. 1,
    eq. 1.2.16).

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    vectors
        Their unit vectors r at EPOCH_MJD, shape (n, 3); p and q point east and north of them.
    """
    x, y, z = vectors.T
    cosine = np.hypot(x, y)
    north = MAS * objects["pmDec"]
    sideways = MAS * objects["pmRa"] / cosine
    outward = KM_PER_S * MAS * objects["radialVelocity"] * objects["parallax"]
    inward = outward - north * z / cosine
    return np.stack(
        [x * inward - y * sideways, y * inward + x * sideways, z * outward + north * cosine], axis=1
    )


def directions(
    vectors: Floats,
    motions: NDArray[np.floating],
    parallax: NDArray[np.floating],
    mjd: float,
    axes: Floats,
) -> Floats:
    """Return where objects are seen from the Earth at a time, shape (3, n), not normalised.

    r + t `motion` - parallax * Earth. Positions are astrometric: aberration and deflection of light
    are not in them.

    Parameters
    ----------
    vectors, motions
        Unit vectors at EPOCH_MJD and their `motion`, shape (n, 3).
    parallax
        rad, shape (n,).
    mjd
        MJD TAI.
    axes
        Axes of the result, ICRS unit vectors, shape (3, 3).
    """
    years = (mjd - EPOCH_MJD) / 365.25
    earth = (axes @ earth_at(mjd))[:, None]
    seen = np.asarray(axes @ vectors.T)
    seen += (years * axes) @ motions.T
    seen -= earth * parallax
    return seen


@lru_cache(maxsize=8)
def earth_at(mjd: float) -> Floats:
    """Return the barycentric place of the Earth, shape (3,) [AU] (`erfa.epv00`), not to be changed.

    All detectors of a visit ask for it.
    """
    _, barycentric = erfa.epv00(2400000.5, mjd + TAI_TO_TT)
    place = np.array(barycentric["p"])
    place.flags.writeable = False
    return place


def refracted(seen: Floats, lift: Floats, up: Floats) -> Floats:
    """Return directions lifted toward the zenith by `lift` rad per tan z, shape (3, n).

    A step of lift * tan z along the great circle to the zenith Z is lift * (Z / (Z.p) - p).

    Parameters
    ----------
    seen
        Directions, shape (3, n), of unit length but for motions.
    lift
        Shape (n,).
    up
        Unit vector of the zenith along the same axes, shape (3,).
    """
    lifted = seen * (1.0 - lift)
    lifted += up[:, None] * (lift / (up @ seen))
    return lifted


def on_plane(seen: Floats) -> Floats:
    """Return standard coordinates [deg], shape (2, n), of directions along `tangent_axes`."""
    return np.asarray(seen[:2] * (np.degrees(1.0) / seen[2]))


def fall(image: Image, plane: Floats) -> tuple[Floats, Floats, Floats]:
    """Return where light from standard coordinates [deg], shape (2, n), falls, and how much counts.

    Returns
    -------
    x, y : ndarray, shape (n,)
        Zero-based pixels: those of the WCS and its true errors.
    flat : ndarray, shape (n,)
        Counts over those of a perfect flat field.
    """
    x, y = image.wcs.plane_to_pixels(plane)
    fields = legendre(x, y)
    dx, dy, flat = np.concatenate([image.displacement, image.flat[None]]) @ fields
    return x + dx, y + dy, 1.0 + flat
