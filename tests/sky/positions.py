"""Positions where sky code breaks (poles, RA 0, base-pixel borders) and displacements."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CAP_EDGE = float(np.degrees(np.arcsin(2.0 / 3.0)))
"""Declination where HEALPix's polar caps begin [deg]."""


def uniform_positions(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Draw `count` positions (ra, dec) [deg] uniformly from the sphere."""
    return rng.uniform(0.0, 360.0, count), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, count)))


def awkward_positions() -> tuple[Floats, Floats]:
    """Positions [deg] on poles, borders of base pixels and RA 0, and a hair beside them."""
    beside_zero = [-1e-20, -45.0, 405.0, np.nextafter(360.0, 0.0)]
    ra = np.concatenate([np.arange(0.0, 361.0, 22.5), beside_zero])
    edges = np.array([90.0, CAP_EDGE, 0.0])
    north = np.concatenate([edges, edges - 1.4e-14, edges - 1e-8, [1e-300]])
    dec = np.concatenate([north, -north])
    ra, dec = np.meshgrid(ra, dec)
    return ra.ravel(), dec.ravel()


def unit_vectors(ra: Floats, dec: Floats) -> Floats:
    """Unit vectors, shape (..., 3), of positions [deg]."""
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def offset(ra: float, dec: float, angle: Floats, direction: Floats) -> tuple[Floats, Floats]:
    """Positions at an angle [deg] from (ra, dec) [deg] towards directions [rad, east of north].

    Angles below a degree or so keep their full relative accuracy, even at a pole: the tangent
    vectors are turned, nothing is subtracted.
    """
    lon, lat = np.radians(ra), np.radians(dec)
    centre = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    angle = np.radians(angle)[..., None]
    towards = np.cos(direction)[..., None] * north + np.sin(direction)[..., None] * east
    x, y, z = np.moveaxis(np.cos(angle) * centre + np.sin(angle) * towards, -1, 0)
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))
