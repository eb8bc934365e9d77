"""A polygon whose edges are great circles, convex or not, in any orientation.

The gnomonic projection about a centre makes great circles straight, so that a position is inside
if its image is inside a plane polygon. That holds for polygons within a hemisphere; of the two
sides of its outline the polygon is then the one that does not hold the other hemisphere.
"""

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from skytract.udf.sky.cells import Floats

MAX_RADIUS = 85.0
"""Vertices lie within this angle [deg] of a centre: farther ones are too far out in the plane."""

FITTING_STEPS = 100
"""Steps towards the centre of the smallest circle around the vertices."""

BLOCK = 1 << 18
"""Pairs of positions and edges that are compared at a time: temporary arrays of 2 MB each."""


class Polygon:
    """A polygon on the sphere.

    Parameters
    ----------
    vertices : sequence of float, length 2 n
        ra, dec, ra, dec, ... [deg] of n >= 3 vertices in order; the first may be repeated at the
        end. An edge is the shorter arc between neighbours.

    Raises
    ------
    ValueError
        If these are not the vertices of a polygon within a hemisphere.
    """

    def __init__(self, vertices: Sequence[float]) -> None:
        ra, dec = _checked(vertices)
        lon, lat = np.radians(ra), np.radians(dec)
        corners = np.stack(
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1
        )
        # A vertex given twice running adds no edge.
        self.corners = corners[np.any(corners != np.roll(corners, 1, axis=0), axis=1)]
        if len(self.corners) < 3:
            raise ValueError(
                f"{len(self.corners)} different vertices make no polygon: give at least 3, as "
                "ARRAY[ra1, dec1, ra2, dec2, ra3, dec3, ...] in degrees"
            )
        self.centre, self.radius = _smallest_circle(self.corners)
        if not math.degrees(self.radius) <= MAX_RADIUS:
            raise ValueError(
                f"the polygon reaches {math.degrees(self.radius):.1f} degrees from its centre and "
                f"must not exceed {MAX_RADIUS:.0f}: divide it, and ask for one part OR the other"
            )

    @property
    def circle(self) -> tuple[float, float, float]:
        """A circle around it: ra, dec, radius [deg]."""
        x, y, z = self.centre.tolist()
        return (
            math.degrees(math.atan2(y, x)),
            math.degrees(math.atan2(z, math.hypot(x, y))),
            math.degrees(self.radius),
        )

    @property
    def perimeter(self) -> float:
        """Length of the outline [rad]."""
        chords = np.linalg.norm(self.corners - np.roll(self.corners, 1, axis=0), axis=1)
        return float(2.0 * np.arcsin(np.minimum(1.0, chords / 2.0)).sum())

    @cached_property
    def plane_axes(self) -> Floats:
        """Unit vectors of the plane's x and y and of the centre, shape (3, 3)."""
        least = np.eye(3)[np.argmin(np.abs(self.centre))]
        x = np.cross(least, self.centre)
        x /= np.linalg.norm(x)
        return np.array([x, np.cross(self.centre, x), self.centre])

    @cached_property
    def plane_corners(self) -> Floats:
        """Gnomonic images of the vertices, shape (n, 2)."""
        image = self.corners @ self.plane_axes.T
        plane: Floats = image[:, :2] / image[:, 2:]
        return plane

    def depth(self, positions: Floats) -> Floats:
        """Signed lower limit [rad] of the distance of unit vectors (n, 3) to the outline."""
        step = max(1, BLOCK // len(self.corners))
        blocks = [positions[n : n + step] for n in range(0, len(positions), step)]
        depths = [np.where(self._winds(b), 1.0, -1.0) * self._to_outline(b) for b in blocks]
        return np.concatenate(depths) if depths else np.empty(0)

    def _winds(self, positions: Floats) -> NDArray[np.bool_]:
        """Tell around which positions the outline winds: a sum of signed crossings."""
        image = positions @ self.plane_axes.T
        front = image[:, 2] > 0.0
        x, y = (image[:, :2] / np.where(front, image[:, 2], 1.0)[:, None]).T[:, :, None]
        x1, y1 = self.plane_corners.T
        x2, y2 = np.roll(self.plane_corners, -1, axis=0).T
        left = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
        up, down = (y1 <= y) & (y < y2) & (left > 0.0), (y2 <= y) & (y < y1) & (left < 0.0)
        winds: NDArray[np.bool_] = front & (up.sum(axis=1) != down.sum(axis=1))
        return winds

    @cached_property
    def _edges(self) -> tuple[Floats, Floats, Floats]:
        """Normals of the planes of the edges, and of those at right angles to them at both ends."""
        ends = np.roll(self.corners, -1, axis=0)
        # Not cross(corners, ends): of neighbours 1e-8 rad apart that keeps half the digits.
        normals = np.cross(self.corners, ends - self.corners)
        normals /= np.linalg.norm(normals, axis=1)[:, None]
        return normals, np.cross(normals, self.corners), np.cross(ends, normals)

    def _to_outline(self, positions: Floats) -> Floats:
        """Distance [rad] of unit vectors (n, 3) to the nearest edge."""
        normals, after_start, before_end = self._edges
        beside = (positions @ after_start.T >= 0.0) & (positions @ before_end.T >= 0.0)
        to_edge = np.arcsin(np.clip(np.abs(positions @ normals.T), 0.0, 1.0))
        to_corner = _angles(positions, self.corners)
        distance: Floats = np.where(beside, to_edge, to_corner).min(axis=1)
        return distance


def polygon(vertices: Sequence[float]) -> Polygon:
    """Return a polygon; a query asks for the same one several times."""
    if any(isinstance(value, list) for value in vertices):
        raise ValueError(
            "vertices is an array of arrays: give one row of numbers, as "
            "ARRAY[ra1, dec1, ra2, dec2, ra3, dec3, ...] in degrees"
        )
    return _kept(tuple(vertices))


@lru_cache(maxsize=16)
def _kept(vertices: tuple[float, ...]) -> Polygon:
    return Polygon(vertices)


def _checked(vertices: Sequence[float]) -> tuple[Floats, Floats]:
    """Return ra and dec [deg] of the vertices, or raise a sentence that says what is wrong."""
    if len(vertices) % 2:
        raise ValueError(
            f"vertices has {len(vertices)} numbers, one more ra than dec: give pairs in degrees"
        )
    if any(value is None for value in vertices):
        raise ValueError("vertices holds a NULL: give finite ra and dec, in degrees")
    ra, dec = np.asarray(vertices, dtype=float).reshape(-1, 2).T
    for number in np.flatnonzero(~(np.isfinite(ra) & (np.abs(dec) <= 90.0)))[:1]:
        raise ValueError(
            f"vertex {number + 1} is ra = {ra[number]}, dec = {dec[number]}: ra must be finite and "
            "dec within [-90, 90], both in degrees"
        )
    return ra, dec


def _smallest_circle(corners: Floats) -> tuple[Floats, float]:
    """Return centre (3,) and radius [rad] of nearly the smallest circle around unit vectors.

    Each step goes towards the farthest one, ever less (Badoiu & Clarkson 2003, SODA, 801).
    """
    centre = corners.mean(axis=0)
    for step in range(FITTING_STEPS):
        farthest = corners[np.argmin(corners @ centre)]
        centre = centre + (farthest - centre) / (step + 2.0)
    length = np.linalg.norm(centre)
    centre = centre / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])
    return centre, float(_angles(corners, centre[None]).max())


def _angles(one: Floats, other: Floats) -> Floats:
    """Angles [rad], shape (n, m), between unit vectors (n, 3) and (m, 3)."""
    chord = np.linalg.norm(one[:, None] - other[None], axis=2)
    angles: Floats = 2.0 * np.arcsin(np.minimum(1.0, chord / 2.0))
    return angles
