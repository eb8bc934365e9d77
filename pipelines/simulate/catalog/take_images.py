"""Draw what is true of the detectors in a visit: where they look, what they lose, how they blur."""

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import (
    FIELD_RADIUS,
    N_FIELDS,
    NX,
    NY,
    PIXEL_SCALE,
    layout,
)
from skytract.pipelines.simulate.catalog.images import Images
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.throughput import Response
from skytract.pipelines.simulate.plan import MAX_DETECTORS
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.wcs import cd_matrix

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


def take_images(plan: CatalogPlan, visit: np.void, response: Response) -> Images:
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
    return Images(
        visit,
        np.arange(number),
        (np.array([NX, NY]) - 1.0) / 2.0 - centres - PLACEMENT * camera[:, :2],
        _cd_matrices(visit, camera),
        displacement,
        flat,
        z_mean,
        sky,
        READ_NOISE * (1.0 + 0.05 * camera[:, 3]),
        moments,
        columns[:number],
    )


def _flat_errors(seed: int, band: int) -> Floats:
    """Return the errors of the flat fields of a band, coefficients of `camera.legendre`."""
    fields = generator(seed, Stream.CATALOG_CAMERA, 3, band).normal(size=(MAX_DETECTORS, N_FIELDS))
    fields[:, 0] = 0.0
    return np.asarray(FLAT_ERROR / 3.0 * fields)


def _cd_matrices(visit: np.void, camera: Floats) -> Floats:
    """Return deg/px, shape (d, 2, 2), of sensors that are turned a little."""
    turns = visit["skyRotation"] + np.degrees(TILT * camera[:, 2])
    return np.stack([cd_matrix(PIXEL_SCALE, turn) for turn in turns])


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
