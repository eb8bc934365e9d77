"""The focal plane: the layout of the LSST camera, or its inmost detectors."""

from functools import cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

NX, NY = 4072, 4000
"""Pixels of a detector (the ITL sensors of the LSST camera)."""

PIXEL_SCALE = 0.2
"""arcsec/px."""

CCD_PITCH, RAFT_PITCH = 4225.0, 12700.0
"""Distance of neighbouring sensors and of rafts, px of 10 um (LSST LCA-49: 42.25 and 127 mm)."""

RADIAL_DISTORTION = 8e-13
"""Cubic term k of the optics, px^-2: r' = r (1 + k r^2), 0.08 % at the edge of the field."""

FIELD_RADIUS = 31500.0
"""Greatest distance of a detector's corner from the optical axis, px."""

Floats = NDArray[np.float64]
Reals = NDArray[np.floating]


@cache
def layout(detectors: int) -> Floats:
    """Return the centres of the detectors, px from the optical axis, shape (detectors, 2).

    21 rafts of 3 x 3 sensors, 5 x 5 without the corners; the detectors are numbered outwards.

    Examples
    --------
    >>> layout(9).max(), len(layout(189))
    (np.float64(4225.0), 189)
    """
    step = np.arange(-1, 2) * CCD_PITCH
    rafts = [(x, y) for y in range(-2, 3) for x in range(-2, 3) if abs(x) < 2 or abs(y) < 2]
    centres = np.array(
        [(x * RAFT_PITCH + dx, y * RAFT_PITCH + dy) for x, y in rafts for dy in step for dx in step]
    )
    outwards = np.argsort(np.round(np.hypot(*centres.T), 6), kind="stable")
    return np.asarray(centres[outwards[:detectors]])


def field_radius(detectors: int) -> float:
    """Return the greatest distance of a corner from the optical axis, deg, with a margin.

    The margin of an arcminute holds dithers of the sensors and what moves fast.
    """
    corner = np.abs(layout(detectors)) + np.array([NX, NY]) / 2.0
    return float(np.hypot(*corner.T).max() * PIXEL_SCALE / 3600.0 + 1.0 / 60.0)


def legendre(x: Reals, y: Reals) -> Reals:
    """Return the smooth fields over a detector, shape (10, n): Legendre products to degree 3.

    Each has unit rms over the detector and all but the first have mean 0.

    Parameters
    ----------
    x, y
        Zero-based pixels, shape (n,); their precision is that of the result.
    """
    fields = np.empty((N_FIELDS, len(x)), x.dtype)
    row = dict(zip(_DEGREES, fields, strict=True))
    row[0, 0][:] = 1.0
    _orthonormal((x + 0.5) * (2.0 / NX) - 1.0, row[1, 0], row[2, 0], row[3, 0])
    _orthonormal((y + 0.5) * (2.0 / NY) - 1.0, row[0, 1], row[0, 2], row[0, 3])
    for i, j in ((1, 1), (1, 2), (2, 1)):
        np.multiply(row[i, 0], row[0, j], out=row[i, j])
    return fields


def beyond_edge(x: Reals, y: Reals) -> Reals:
    """Return how far places lie beyond the edge of a detector [px]; negative inside."""
    across, along = x - (NX - 1) / 2.0, y - (NY - 1) / 2.0
    np.abs(across, out=across)
    np.abs(along, out=along)
    across -= NX / 2.0
    along -= NY / 2.0
    return np.asarray(np.maximum(across, along, out=across))


_DEGREES = [(i, j) for i in range(4) for j in range(4 - i)]

N_FIELDS = len(_DEGREES)
"""Number of fields of `legendre`; the first is constant."""


def _orthonormal(u: Reals, first: Reals, second: Reals, third: Reals) -> None:
    """Set the Legendre polynomials of degree 1 to 3, each times sqrt(2 n + 1)."""
    square = u * u
    np.multiply(u, sqrt(3.0), out=first)
    np.multiply(square, 1.5 * sqrt(5.0), out=second)
    second -= 0.5 * sqrt(5.0)
    np.multiply(square, 2.5 * sqrt(7.0), out=third)
    third -= 1.5 * sqrt(7.0)
    third *= u
