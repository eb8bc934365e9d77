"""Everything that is true of some detectors in one visit: WCS, zero point, sky, PSF, errors."""

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.by_detector import Indices, by_detector, spread
from skytract.pipelines.simulate.catalog.camera import RADIAL_DISTORTION, beyond_edge
from skytract.pipelines.simulate.sites import tangent_axes
from skytract.pipelines.simulate.wcs import TanSip, plane_to_sky, undistorting

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Images:
    """Some detectors of one visit, with everything that is true of them; shape (d, ...) each.

    Attributes
    ----------
    visit
        Row of `VISIT`.
    detector
        Numbers of the detectors, ascending.
    reference, cd
        WCS, what was believed when the catalogs were written: zero-based pixel of the boresight,
        shape (d, 2), and deg/px, shape (d, 2, 2).
    displacement
        Where light falls beyond where the WCS says, px: coefficients of `camera.legendre`,
        shape (d, 2, 10).
    flat
        Relative error of the flat field, coefficients likewise, shape (d, 10); mean 0.
    zMean
        nJy per electron of a flat spectrum, clouds included.
    skyBg, readNoise
        e-/px; e-.
    psf
        Second moments of the PSF, a Gaussian: ixx, iyy, ixy [px^2], shape (d, 3).
    badColumns
        Defective columns, px, shape (d, 4).
    """

    visit: np.void
    detector: Indices
    reference: Floats
    cd: Floats
    displacement: Floats
    flat: Floats
    zMean: Floats
    skyBg: Floats
    readNoise: Floats
    psf: Floats
    badColumns: Floats

    @cached_property
    def psfSigma(self) -> Floats:  # noqa: N802
        """Return the widths of the PSF, px: fourth root of the determinant of its moments."""
        return np.asarray((self.psf[:, 0] * self.psf[:, 1] - self.psf[:, 2] ** 2) ** 0.25)

    @cached_property
    def psfArea(self) -> Floats:  # noqa: N802
        """Return the noise-equivalent areas, px^2: 4 pi sigma^2 of a Gaussian (King 1983)."""
        return 4.0 * np.pi * self.psfSigma**2

    @cached_property
    def variance(self) -> Floats:
        """Return the variances of a pixel without sources, e-^2."""
        return self.skyBg + self.readNoise**2

    @cached_property
    def toPixel(self) -> Floats:  # noqa: N802
        """Return the inverse of `cd`, px/deg, shape (d, 2, 2)."""
        return np.asarray(np.linalg.inv(self.cd))

    @cached_property
    def axes(self) -> Floats:
        """Return the `tangent_axes` of the boresight."""
        return tangent_axes(float(self.visit["ra"]), float(self.visit["dec"]))

    def wcs(self, slot: int) -> TanSip:
        """Return the WCS of one of the detectors."""
        ra, dec = float(self.visit["ra"]), float(self.visit["dec"])
        x, y = self.reference[slot].tolist()
        return TanSip(ra, dec, (x, y), self.cd[slot], RADIAL_DISTORTION)

    def to_pixels(self, plane: Floats, slot: Indices) -> Floats:
        """Return zero-based pixels, shape (2, n), of standard coordinates [deg], shape (2, n).

        Parameters
        ----------
        plane
            Relative to the boresight.
        slot
            Row of the detector of each, ascending, shape (n,).
        """
        place = by_detector(self.toPixel, plane, slot)
        square = place[0] * place[0]
        square += place[1] * place[1]
        square *= RADIAL_DISTORTION
        place *= undistorting(square, 1)  # 1e-3 at most: one step leaves 1e-10 px
        place += spread(self.reference.T, slot)
        return place

    def to_sky(self, x: Floats, y: Floats, slot: Indices) -> tuple[Floats, Floats]:
        """Return RA and Dec [deg], shape (n,), of zero-based pixels; `slot` as above."""
        place = np.stack([x, y])
        place -= spread(self.reference.T, slot)
        stretch = place[0] * place[0]
        stretch += place[1] * place[1]
        stretch *= RADIAL_DISTORTION
        stretch += 1.0
        place *= stretch
        plane = by_detector(self.cd, place, slot)
        return plane_to_sky(float(self.visit["ra"]), float(self.visit["dec"]), plane)

    def part(self, first: int, last: int) -> "Images":
        """Return those from `first` to before `last`."""
        values = {field.name: getattr(self, field.name)[first:last] for field in fields(self)[1:]}
        return Images(self.visit, **values)

    def at(self, slot: Indices) -> "Conditions":
        """Return what a measurement depends on at places on the detectors `slot`, shape (n,)."""
        rows = [*self.psf.T, self.psfSigma, self.psfArea, self.variance]
        table = np.stack(rows).astype(np.float32)
        values = spread(table, slot)
        return Conditions(values[:3], *values[3:])

    def reach(self, plane: Floats, slot: Indices, margin: float) -> NDArray[np.bool_]:
        """Tell which standard coordinates [deg], shape (2, n), are on their detector or near, (n,).

        Near is within `margin` px, which must exceed the distortion of 25 px.
        """
        places = by_detector(self.toPixel.astype(np.float32), plane.astype(np.float32), slot)
        places += spread(self.reference.T.astype(np.float32), slot)
        return np.asarray(beyond_edge(*places) < margin)


@dataclass(frozen=True)
class Conditions:
    """What a measurement depends on at places, as `noise` takes it; psf (3, n), others (n,).

    In the precision of the columns of errors.
    """

    psf: Singles
    psfSigma: Singles
    psfArea: Singles
    variance: Singles

    photonVariance = 1.0
    """Of a count: they are electrons."""
