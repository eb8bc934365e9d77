"""An ellipse on the sphere: the sum of the distances to two foci is at most the major axis.

Such a curve is also the intersection of the sphere with an elliptic cone, so the test of a
position is a quadratic form, and its gnomonic image (about the centre) is a plane ellipse with
semi-axes tan a and tan b. The foci are at the distance c with cos a = cos b cos c.
"""

import math

import numpy as np

from skytract.udf.sky.cells import Floats


class Ellipse:
    """An ellipse about (ra, dec) with its major axis at a position angle.

    Parameters
    ----------
    ra, dec : float
        Centre [deg].
    semi_major, semi_minor : float
        Semi-axes [deg]: 0 < semi_minor <= semi_major < 90.
    position_angle : float
        Of the major axis, from north towards east [deg].

    Raises
    ------
    ValueError
        If this is no ellipse on the sky: the sentence names the argument at fault.
    """

    def __init__(
        self, ra: float, dec: float, semi_major: float, semi_minor: float, position_angle: float
    ) -> None:
        if not (math.isfinite(ra) and abs(dec) <= 90.0):
            raise ValueError(
                f"ra = {ra}, dec = {dec} is no position: ra must be finite and dec within "
                "[-90, 90], both in degrees"
            )
        if not 0.0 < semi_minor <= semi_major < 90.0:
            raise ValueError(
                f"semi_major = {semi_major}, semi_minor = {semi_minor} are not the semi-axes of an "
                "ellipse: give them in degrees, 0 < semi_minor <= semi_major < 90"
            )
        if not math.isfinite(position_angle):
            raise ValueError(f"position_angle = {position_angle}: give a finite angle in degrees")
        self.circle = ra, dec, semi_major
        self.semi_major, self.semi_minor = math.radians(semi_major), math.radians(semi_minor)
        self.axes = principal_axes(ra, dec, position_angle)

    def depth(self, positions: Floats) -> Floats:
        """Signed lower limit [rad] of the distance of unit vectors (n, 3) to the border.

        Half the sum of two distances changes by at most as much as one moves; the ellipse also
        lies within semi_minor of its major axis, which says more about narrow ones.
        """
        a, b = self.semi_major, self.semi_minor
        # cos^2 b sin^2 c, written so that nothing cancels.
        focal = math.sqrt(max(0.0, math.sin(a - b) * math.sin(a + b)))
        along, across, centre = self.axes
        foci = [math.cos(a) * centre + sign * focal * along for sign in (-1.0, 1.0)]
        to_foci = sum(_angle(positions, focus / math.cos(b)) for focus in foci) / 2.0
        from_axis = np.arcsin(np.clip(np.abs(positions @ across), 0.0, 1.0))
        depth: Floats = np.minimum(a - to_foci, b - from_axis)
        return depth


def principal_axes(ra: float, dec: float, position_angle: float) -> Floats:
    """Return unit vectors along the axes, major and minor, and to the centre, shape (3, 3)."""
    lon, lat, turn = np.radians([ra, dec, position_angle])
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    centre = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    along = np.cos(turn) * north + np.sin(turn) * east
    across = np.cos(turn) * east - np.sin(turn) * north
    return np.array([along, across, centre])


def _angle(positions: Floats, direction: Floats) -> Floats:
    """Angles [rad] between unit vectors (n, 3) and one unit vector."""
    chord = np.linalg.norm(positions - direction, axis=1)
    angle: Floats = 2.0 * np.arcsin(np.minimum(1.0, chord / 2.0))
    return angle
