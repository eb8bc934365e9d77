"""A box between two parallels and two meridians."""

import math

import numpy as np

from skytract.udf.sky.cells import Floats


class Box:
    """All positions with ra from `ra_lo` eastward to `ra_hi` and dec from `dec_lo` to `dec_hi`.

    A box may cross RA 0 (`ra_lo` above `ra_hi`, or one of them negative); a difference of 360 deg
    or more is the whole ring. Borders belong to it, and so does a pole that it reaches.

    Parameters
    ----------
    ra_lo, ra_hi, dec_lo, dec_hi : float
        Borders [deg].

    Raises
    ------
    ValueError
        If an angle is not finite, or the declinations are not in [-90, 90] and in order.
    """

    def __init__(self, ra_lo: float, ra_hi: float, dec_lo: float, dec_hi: float) -> None:
        for name, ra in (("ra_lo", ra_lo), ("ra_hi", ra_hi)):
            if not math.isfinite(ra):
                raise ValueError(f"{name} = {ra} is no meridian: give a finite angle in degrees")
        for name, dec in (("dec_lo", dec_lo), ("dec_hi", dec_hi)):
            if not abs(dec) <= 90.0:
                raise ValueError(
                    f"{name} = {dec} is outside [-90, 90] degrees: "
                    "a box is given as ra_lo, ra_hi, dec_lo, dec_hi"
                )
        if dec_lo > dec_hi:
            raise ValueError(f"dec_lo = {dec_lo} is above dec_hi = {dec_hi}: exchange them")
        self.width = 360.0 if ra_hi - ra_lo >= 360.0 else (ra_hi - ra_lo) % 360.0
        self.ra_lo, self.dec_lo, self.dec_hi = ra_lo, dec_lo, dec_hi

    @property
    def circle(self) -> tuple[float, float, float]:
        """A circle around it [deg]; the whole sphere if it is wider than half a turn."""
        ra, dec = self.ra_lo + self.width / 2.0, (self.dec_lo + self.dec_hi) / 2.0
        if self.width > 180.0:
            return ra, dec, 180.0
        # No point of a parallel within half a turn is farther than its end.
        half = math.radians(self.width / 2.0)
        return (
            ra,
            dec,
            max(_separation(half, self.dec_lo, dec), _separation(half, self.dec_hi, dec)),
        )

    def depth(self, positions: Floats) -> Floats:
        """Signed lower limit [rad] of the distance of unit vectors (n, 3) to the border."""
        x, y, z = positions.T
        across = np.hypot(x, y)
        dec = np.arctan2(z, across)
        south, north = math.radians(self.dec_lo), math.radians(self.dec_hi)
        depth: Floats = np.minimum(dec - south, north - dec)
        if self.width == 360.0:
            return depth
        east = (np.degrees(np.arctan2(y, x)) - self.ra_lo) % 360.0
        from_side = np.minimum(np.abs(east), np.abs(east - self.width))
        from_side = np.radians(np.minimum(from_side, 360.0 - east))
        # Beyond a right angle the pole is the nearest point of a meridian.
        to_pole = np.pi / 2.0 - np.abs(dec)
        to_side = np.where(
            from_side < np.pi / 2.0, np.arcsin(np.minimum(1.0, across * np.sin(from_side))), to_pole
        )
        depth = np.minimum(depth, np.where(east <= self.width, to_side, -to_side))
        return depth


def _separation(ra: float, dec: float, other: float) -> float:
    """Angle [deg] between (0, other) and (ra, dec): ra in [rad], declinations in [deg]."""
    dec, other = math.radians(dec), math.radians(other)
    square = math.sin((dec - other) / 2.0) ** 2
    square += math.cos(dec) * math.cos(other) * math.sin(ra / 2.0) ** 2
    return math.degrees(2.0 * math.asin(min(1.0, math.sqrt(square))))
