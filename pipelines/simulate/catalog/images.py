"""Everything that is true of one detector in one visit: WCS, zero point, sky, PSF, errors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import (
    FIELD_RADIUS,
    N_FIELDS,
    NX,
    NY,
    PIXEL_SCALE,
    RADIAL_DISTORTION,
    layout,
)
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.plan import MAX_DETECTORS
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.wcs import TanSip, cd_matrix

PLACEMENT, TILT = 3.0, 1e-4
"""Rms of the sensors' places [px] and rotations [rad] about their nominal ones."""

READ_NOISE, GAIN = 8.0, 1.6
"""Read noise [e-], below the 9 e- that the LSST camera was specified for; gain [e-/ADU]."""

FLAT_ERROR = 0.004
"""Rms of what flat fields leave, relative to the flux, smooth over a detector. It belongs to the
detector and the band, as scattered light and pixel areas do, and is the same in every visit."""

TURBULENCE, OFFSET = 0.006, 0.012
"""Rms of smooth displacements by the air over a detector (Bernstein et al. 2017 find 5 to 10 mas in
DECam), and of the offset of a visit's WCS, arcsec."""

BAD_OFFSET = 0.3
"""Rms of the offset of the WCS in a bad visit [arcsec]."""

ELLIPTICITY = 0.04
"""Rms of each component of the PSF's ellipticity."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Image:
    """One detector of one visit, with everything that is true of it.

    Attributes
    ----------
    visit
        Row of `VISIT`.
    detector
        Number of the detector.
    wcs
        What was believed when the catalogs were written.
    displacement
        Where light falls beyond where the WCS says, px: coefficients of `camera.legendre`,
        shape (2, 10).
    flat
        Relative error of the flat field, coefficients likewise, shape (10,); mean 0.
    zMean
        nJy per electron of a flat spectrum, clouds included.
    skyBg, readNoise
        e-/px; e-.
    psf
        Second moments of the PSF, a Gaussian: ixx, iyy, ixy [px^2].
    badColumns
        Defective columns, px, shape (4,).
    """

    visit: np.void
    detector: int
    wcs: TanSip
    displacement: Floats
    flat: Floats
    zMean: float
    skyBg: float
    readNoise: float
    psf: Floats
    badColumns: Floats

    @property
    def psfSigma(self) -> float:  # noqa: N802
        """Return the width of the PSF, px: fourth root of the determinant of its moments."""
        return float((self.psf[0] * self.psf[1] - self.psf[2] ** 2) ** 0.25)

    @property
    def psfArea(self) -> float:  # noqa: N802
        """Return the noise-equivalent area, px^2: 4 pi sigma^2 of a Gaussian (King 1983)."""
        return 4.0 * np.pi * self.psfSigma**2

    @property
    def photonVariance(self) -> float:  # noqa: N802
        """Return the variance of a count: they are electrons."""
        return 1.0

    @property
    def variance(self) -> float:
        """Return the variance of a pixel without sources, e-^2."""
        return self.skyBg + self.readNoise**2

    def reaches(self, plane: Floats, margin: float) -> NDArray[np.bool_]:
        """Tell which standard coordinates [deg], shape (2, n), are on the detector or near, (n,).

        Near is within `margin` px, which must exceed the distortion of 25 px.
        """
        middle = (np.array([NX, NY]) - 1.0) / 2.0 - np.array(self.wcs.reference)
        x, y = np.abs(self.wcs.to_pixel @ plane - middle[:, None])
        return np.asarray((x < NX / 2.0 + margin) & (y < NY / 2.0 + margin))


def take_images(plan: CatalogPlan, visit: np.void, response: Response) -> list[Image]:
    """Return the images of all detectors in a visit."""
    number = plan.detectors
    camera = generator(plan.seed, Stream.CATALOG_CAMERA, 1).normal(size=(MAX_DETECTORS, 4))[:number]
    columns = generator(plan.seed, Stream.CATALOG_CAMERA, 2).uniform(0.0, NX, (MAX_DETECTORS, 4))
    weather = generator(plan.seed, Stream.CATALOG_DETECTOR, int(visit["visit"]))
    common = weather.normal(size=8)
    own = weather.normal(size=(MAX_DETECTORS, 40))[:number]
    centres = layout(number)
    field = centres / FIELD_RADIUS
    clouds = visit["clouds"] * (1.0 + 0.3 * field @ common[:2] + 0.1 * own[:, 0])
    z_mean = 10.0 ** (0.4 * np.maximum(clouds, 0.0)) / response.electrons
    sky = 10.0 ** (0.4 * (31.4 - visit["skyMag"])) * PIXEL_SCALE**2 * response.skyElectrons
    displacement = _displacements(visit, common, own[:, 1:21].reshape(-1, 2, N_FIELDS))
    flat = _flat_errors(plan.seed, int(visit["band"]))[:number]
    moments = _moments(visit["seeing"] * (1.0 + 0.02 * own[:, 31]), common[4:6], own[:, 32:34])
    return [
        Image(
            visit,
            detector,
            _wcs(visit, centres[detector], camera[detector]),
            displacement[detector],
            flat[detector],
            float(z_mean[detector]),
            float(sky[detector]),
            float(READ_NOISE * (1.0 + 0.05 * camera[detector, 3])),
            moments[detector],
            columns[detector],
        )
        for detector in range(number)
    ]


def _flat_errors(seed: int, band: int) -> Floats:
    """Return the errors of the flat fields of a band, coefficients of `camera.legendre`."""
    fields = generator(seed, Stream.CATALOG_CAMERA, 3, band).normal(size=(MAX_DETECTORS, N_FIELDS))
    fields[:, 0] = 0.0
    return np.asarray(FLAT_ERROR / 3.0 * fields)


def _wcs(visit: np.void, centre: Floats, camera: Floats) -> TanSip:
    """Return the WCS of a detector: tangent at the boresight, sensor shifted and turned."""
    turn = float(visit["skyRotation"]) + np.degrees(TILT * camera[2])
    x, y = (np.array([NX, NY]) - 1.0) / 2.0 - centre - PLACEMENT * camera[:2]
    cd = cd_matrix(PIXEL_SCALE, turn)
    return TanSip(float(visit["ra"]), float(visit["dec"]), (x, y), cd, RADIAL_DISTORTION)


def _displacements(visit: np.void, common: Floats, own: Floats) -> Floats:
    """Return the displacements [px] of all detectors, shape (d, 2, 10)."""
    size = np.full(N_FIELDS, TURBULENCE / 3.0)
    size[0] = TURBULENCE
    result = own * size
    result[:, :, 0] += (BAD_OFFSET if visit["isBad"] else OFFSET) * common[2:4]
    return np.asarray(result / PIXEL_SCALE)


def _moments(fwhm: Floats, common: Floats, own: Floats) -> Floats:
    """Return ixx, iyy, ixy [px^2], shape (d, 3), of PSFs of a FWHM [arcsec] with small shears."""
    square = (fwhm / PIXEL_SCALE / np.sqrt(8.0 * np.log(2.0))) ** 2
    e1, e2 = (ELLIPTICITY * (0.8 * common + 0.6 * own)).clip(-0.3, 0.3).T
    root = 1.0 / np.sqrt(1.0 - e1**2 - e2**2)
    return np.stack([square * root * (1.0 + e1), square * root * (1.0 - e1), square * root * e2], 1)
