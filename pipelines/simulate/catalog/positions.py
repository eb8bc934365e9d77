"""Where objects are seen: motion, parallax, refraction, and the pixels their light falls on."""

from functools import lru_cache

import erfa
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.by_detector import Indices, by_detector
from skytract.pipelines.simulate.catalog.camera import legendre
from skytract.pipelines.simulate.catalog.images import Images, Singles
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


def move(
    seen: Floats,
    motions: NDArray[np.floating],
    parallax: NDArray[np.floating],
    mjd: float,
    axes: Floats,
) -> None:
    """Make directions at EPOCH_MJD those from the Earth at a time, not normalised, in place.

    r + t `motion` - parallax * Earth. Positions are astrometric: aberration and deflection of light
    are not in them. How much they change is as precise as `motions` and `parallax` are.

    Parameters
    ----------
    seen
        Unit vectors along `axes`, shape (3, n).
    motions
        Their `motion`, shape (n, 3).
    parallax
        rad, shape (n,).
    mjd
        MJD TAI.
    axes
        ICRS unit vectors, shape (3, 3).
    """
    years = (mjd - EPOCH_MJD) / 365.25
    earth = (axes @ earth_at(mjd)).astype(parallax.dtype)
    shift = (years * axes).astype(motions.dtype) @ motions.T
    shift -= earth[:, None] * parallax
    seen += shift


@lru_cache(maxsize=8)
def earth_at(mjd: float) -> Floats:
    """Return the barycentric place of the Earth, shape (3,) [AU] (`erfa.epv00`), not to be changed.

    All detectors of a visit ask for it.
    """
    _, barycentric = erfa.epv00(2400000.5, mjd + TAI_TO_TT)
    place = np.array(barycentric["p"])
    place.flags.writeable = False
    return place


def refract(seen: Floats, lift: Floats, up: Floats) -> None:
    """Lift directions toward the zenith by `lift` rad per tan z, in place.

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
    toward = lift / (up @ seen)
    seen *= 1.0 - lift
    seen += up[:, None] * toward


def on_plane(seen: Floats) -> Floats:
    """Return standard coordinates [deg], shape (2, n), of directions along `tangent_axes`."""
    return np.asarray(seen[:2] * (np.degrees(1.0) / seen[2]))


def fall(images: Images, plane: Floats, slot: Indices) -> tuple[Floats, Floats, Singles]:
    """Return where light from standard coordinates [deg], shape (2, n), falls, and how much counts.

    Parameters
    ----------
    images
        Where it falls.
    plane
        Standard coordinates relative to the boresight.
    slot
        Row of the detector of each, ascending, shape (n,).

    Returns
    -------
    x, y : ndarray, shape (n,)
        Zero-based pixels: those of the WCS and its true errors.
    flat : ndarray, shape (n,)
        Counts over those of a perfect flat field.
    """
    x, y = images.to_pixels(plane, slot)
    terms = np.concatenate([images.displacement, images.flat[:, None]], axis=1)
    fields = legendre(x.astype(np.float32), y.astype(np.float32))
    dx, dy, flat = by_detector(terms.astype(np.float32), fields, slot)
    x += dx
    y += dy
    flat += 1.0
    return x, y, flat
