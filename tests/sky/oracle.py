"""Slow, independent definitions of regions: spherical trigonometry, position by position."""

import numpy as np
from numpy.typing import NDArray

from tests.sky.positions import Floats, unit_vectors

Inside = NDArray[np.bool_]


def angle(ra: Floats, dec: Floats, ra0: float, dec0: float) -> Floats:
    """Angle [rad] to one position, exact for small and large ones (Vincenty's formula)."""
    ra, dec, ra0, dec0 = np.radians(ra), np.radians(dec), np.radians(ra0), np.radians(dec0)
    side = np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(ra - ra0)
    across = np.hypot(np.cos(dec) * np.sin(ra - ra0), side)
    along = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(ra - ra0)
    found: Floats = np.arctan2(across, along)
    return found


def in_box(ra: Floats, dec: Floats, box: tuple[float, float, float, float]) -> Inside:
    """Tell which positions, with ra in [0, 360), are in a box, by cases: wrapped or not."""
    ra_lo, ra_hi, dec_lo, dec_hi = box
    if ra_hi - ra_lo >= 360.0:
        between = np.ones(ra.size, bool)
    elif ra_lo % 360.0 <= ra_hi % 360.0:
        between = (ra >= ra_lo % 360.0) & (ra <= ra_hi % 360.0)
    else:
        between = (ra >= ra_lo % 360.0) | (ra <= ra_hi % 360.0)
    inside: Inside = (between | (np.abs(dec) == 90.0)) & (dec >= dec_lo) & (dec <= dec_hi)
    return inside


def ellipse_excess(
    ra: Floats, dec: Floats, ellipse: tuple[float, float, float, float, float]
) -> Floats:
    """Sum of the distances [rad] to both foci, less the major axis: negative inside."""
    ra0, dec0, semi_major, semi_minor, position_angle = ellipse
    a, b, turn = np.radians([semi_major, semi_minor, position_angle])
    c = np.arctan2(np.sqrt(max(0.0, np.sin(a - b) * np.sin(a + b))), np.cos(a))
    lon, lat = np.radians([ra0, dec0])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    axis = np.cos(turn) * north + np.sin(turn) * east
    centre = unit_vectors(np.array(ra0), np.array(dec0))
    excess = -2.0 * a * np.ones(ra.size)
    for side in (-1.0, 1.0):
        chord = unit_vectors(ra, dec) - (np.cos(c) * centre + side * np.sin(c) * axis)
        excess += 2.0 * np.arcsin(np.minimum(1.0, np.linalg.norm(chord, axis=1) / 2.0))
    return excess


def in_polygon(ra: Floats, dec: Floats, vertices: list[float]) -> Inside:
    """Tell which positions an outline winds around: the turns of the bearings to its vertices.

    Positions beyond 90 deg from the mean of the vertices are outside.
    """
    corners = unit_vectors(*np.reshape(vertices, (-1, 2)).T)
    here = unit_vectors(ra, dec)
    lon = np.radians(ra)
    east = np.stack([-np.sin(lon), np.cos(lon), np.zeros(lon.size)], axis=1)
    north = np.cross(here, east)
    bearing = np.arctan2(east @ corners.T, north @ corners.T)
    turn = np.roll(bearing, -1, axis=1) - bearing
    turn = (turn + np.pi) % (2.0 * np.pi) - np.pi
    inside: Inside = (np.rint(turn.sum(axis=1) / (2.0 * np.pi)) != 0) & (
        here @ corners.mean(axis=0) > 0.0
    )
    return inside
