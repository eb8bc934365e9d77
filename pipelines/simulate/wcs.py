"""The mapping of sky to pixels: a gnomonic projection with a small SIP distortion."""

from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np
from numpy.typing import NDArray

RADIAL_DISTORTION = 1e-9
"""Cubic radial term k of the optics, px^-2: r' = r (1 + k r^2), 1 px at 1,000 px from the axis."""


@dataclass(frozen=True)
class TanSip:
    """A TAN-SIP world coordinate system (Calabretta & Greisen 2002; Shupe et al. 2005).

    `reference` is the pixel (x, y), ZERO-based, of the tangent point (ra, dec) [deg]; `cd` maps
    pixels to degrees, shape (2, 2). The distortion, r' = r (1 + `radial` r^2), is purely radial
    about the reference pixel.
    """

    ra: float
    dec: float
    reference: tuple[float, float]
    cd: NDArray[np.float64]
    radial: float = RADIAL_DISTORTION

    @cached_property
    def to_pixel(self) -> NDArray[np.float64]:
        """Return the inverse of `cd`, px/deg, shape (2, 2)."""
        return np.asarray(np.linalg.inv(self.cd))

    def to_pixels(
        self, ra: NDArray[np.float64], dec: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return zero-based pixels x, y, shape (n,), of sky positions [deg]; NaN if behind."""
        x, y = self.plane_to_pixels(_gnomonic(self.ra, self.dec, np.asarray(ra), np.asarray(dec)))
        return x, y

    def plane_to_pixels(self, plane: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return zero-based pixels, shape (2, n), of standard coordinates [deg], shape (2, n)."""
        wanted = self.to_pixel @ plane
        square = self.radial * (wanted[0] * wanted[0] + wanted[1] * wanted[1])
        return np.asarray(wanted * undistorting(square) + np.array(self.reference)[:, None])

    def to_plane(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return standard coordinates [deg] to the east and north, shape (2, n), of pixels."""
        u, v = x - self.reference[0], y - self.reference[1]
        stretch = 1.0 + self.radial * (u * u + v * v)
        return np.asarray(self.cd @ np.stack([u * stretch, v * stretch]))

    def to_sky(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return RA and Dec [deg], shape (n,), of zero-based pixels."""
        return plane_to_sky(self.ra, self.dec, self.to_plane(x, y))

    def sip(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the SIP coefficients A_pq and B_pq, each of shape (4, 4)."""
        a = np.zeros((4, 4))
        a[3, 0] = a[1, 2] = self.radial
        return a, a.T.copy()

    def header(self) -> dict[str, str | float]:
        """Return the FITS cards; CRPIX counts from one."""
        (cd11, cd12), (cd21, cd22) = self.cd.tolist()
        k = self.radial
        return {
            "CTYPE1": "RA---TAN-SIP",
            "CTYPE2": "DEC--TAN-SIP",
            "CUNIT1": "deg",
            "CUNIT2": "deg",
            "RADESYS": "ICRS",
            "CRVAL1": self.ra,
            "CRVAL2": self.dec,
            "CRPIX1": self.reference[0] + 1.0,
            "CRPIX2": self.reference[1] + 1.0,
            "CD1_1": cd11,
            "CD1_2": cd12,
            "CD2_1": cd21,
            "CD2_2": cd22,
            "A_ORDER": 3,
            "A_3_0": k,
            "A_1_2": k,
            "B_ORDER": 3,
            "B_2_1": k,
            "B_0_3": k,
        }


def cd_matrix(pixel_scale: float, rotation: float) -> NDArray[np.float64]:
    """Return deg/px, shape (2, 2): +y points `rotation` deg east of north, +x is 90 deg west of it.

    Parameters
    ----------
    pixel_scale
        arcsec/px.
    rotation
        Position angle of the detector's +y axis, deg, north through east.
    """
    cosine, sine = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    return pixel_scale / 3600.0 * np.array([[-cosine, sine], [sine, cosine]])


def undistorting(square: NDArray[np.float64], steps: int = 2) -> NDArray[np.float64]:
    """Return s of r = s r' where r' = r (1 + k r^2), by Newton's method for s (1 + q s^2) = 1.

    Parameters
    ----------
    square
        q = k r'^2.
    steps
        One step from 1 / (1 + q) leaves 12 q^5 of r, two leave 500 q^11.
    """
    shrink = 1.0 / (1.0 + square)
    for _ in range(steps):
        cubic = square * shrink
        cubic *= shrink
        shrink *= cubic
        shrink *= 2.0
        shrink += 1.0
        cubic *= 3.0
        cubic += 1.0
        shrink /= cubic
    return shrink


def plane_to_sky(
    ra: float, dec: float, plane: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return RA and Dec [deg], shape (n,), of standard coordinates [deg] about a tangent point."""
    east, north = plane * (pi / 180.0)
    sine, cosine = np.sin(np.radians(dec)), np.cos(np.radians(dec))
    forward, height = cosine - north * sine, sine + north * cosine
    lon = np.arctan2(east, forward)
    lon *= 180.0 / pi
    lon += ra
    for turn in (np.flatnonzero(lon < 0.0), 360.0), (np.flatnonzero(lon >= 360.0), -360.0):
        lon[turn[0]] += turn[1]
    east *= east
    forward *= forward
    east += forward
    lat = np.arctan2(height, np.sqrt(east, out=east))
    lat *= 180.0 / pi
    return lon, lat


def _gnomonic(
    ra0: float, dec0: float, ra: NDArray[np.float64], dec: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Project onto the tangent plane: standard coordinates [deg] to the east and north, (2, n)."""
    lon, lat, lat0 = np.radians(ra - ra0), np.radians(dec), np.radians(dec0)
    cosine = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon)
    cosine = np.where(cosine > 0.0, cosine, np.nan)
    east = np.cos(lat) * np.sin(lon) / cosine
    north = (np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon)) / cosine
    return np.asarray(np.degrees(np.stack([east, north])))
