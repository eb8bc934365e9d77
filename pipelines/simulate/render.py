"""The light that falls on a detector: expected electrons per pixel, before any noise."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from skytract.pipelines.simulate.fluxes import fluxes_at
from skytract.pipelines.simulate.objects import BANDS, positions_at
from skytract.pipelines.simulate.observing import Frame
from skytract.pipelines.simulate.profiles import (
    disk_transform,
    moffat,
    moffat_scale,
    moffat_transform,
)

LEAST_RADIUS = 8.0
"""Radius of the smallest stamp in units of the Moffat scale; 2e-4 of the light falls beyond."""

FAINTEST_WING = 0.02
"""A stamp ends where a star gives less than this, electrons per pixel."""

LARGEST_RADIUS = 150
"""Radius of the largest stamp, px."""

TRUTH = np.dtype([(name, "f8") for name in ("ra", "dec", "x", "y", "flux", "counts")])
"""What is true of an object in a frame: deg, px (zero-based), nJy, electrons."""


def observe(frame: Frame, objects: NDArray[np.void]) -> NDArray[np.void]:
    """Return position, flux and expected counts of every object in a frame, shape (n,)."""
    truth = np.zeros(len(objects), TRUTH)
    mjd = frame.visit.expMidptMJD
    truth["ra"], truth["dec"] = positions_at(objects, mjd)
    truth["x"], truth["y"] = frame.wcs.to_pixels(truth["ra"], truth["dec"])
    truth["flux"] = fluxes_at(objects, mjd, BANDS.index(frame.visit.band))
    truth["counts"] = truth["flux"] / frame.z_mean
    return truth


def expected_electrons(
    frame: Frame, objects: NDArray[np.void], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Return sky and objects in electrons per pixel, shape (ny, nx)."""
    image = np.full(shape, frame.skyBg)
    truth = observe(frame, objects)
    radius = stamp_radius(frame.psfFwhm, truth["counts"], objects["diskScale"], frame.wcs.cd)
    with np.errstate(invalid="ignore"):  # NaN positions lie behind the tangent point
        inside = (truth["x"] > 0.5 - radius) & (truth["x"] < shape[1] - 1.5 + radius)
        inside &= (truth["y"] > 0.5 - radius) & (truth["y"] < shape[0] - 1.5 + radius)
    psf, disks = moffat(frame.psfFwhm), _Disks(frame.psfFwhm)
    inverse = np.asarray(np.linalg.inv(frame.wcs.cd) / 3600.0, np.float64)
    covariance = disk_covariance(objects, inverse)
    for row in np.flatnonzero(inside):
        x, y, counts = truth["x"][row], truth["y"][row], truth["counts"][row]
        reach, middle = int(radius[row]), (round(x), round(y))
        columns, rows = _window(middle[0], reach, shape[1]), _window(middle[1], reach, shape[0])
        if objects["diskScale"][row] == 0.0:
            light = _star(columns - x, rows - y, *psf)
        else:
            stamp = disks.draw(reach, x - middle[0], y - middle[1], covariance[row])
            left, below = columns[0] - middle[0] + reach, rows[0] - middle[1] + reach
            light = stamp[below : below + len(rows), left : left + len(columns)]
        image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += counts * light
    return image


def stamp_radius(
    fwhm: float,
    counts: NDArray[np.float64],
    disk_scale: NDArray[np.float64],
    cd: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the radius [px], shape (n,), within which objects are drawn.

    The wing of a Moffat profile of beta = 3 is 2 F / (pi alpha^2) (r / alpha)^-6.
    """
    alpha = moffat_scale(fwhm)
    peak = 2.0 * counts / (np.pi * alpha**2)
    wing = np.maximum(LEAST_RADIUS, (peak / FAINTEST_WING) ** (1.0 / 6.0)) * alpha
    disk = 6.0 * disk_scale / (3600.0 * np.sqrt(abs(np.linalg.det(cd))))
    return np.asarray(np.ceil(np.minimum(wing + disk, LARGEST_RADIUS)), np.int64)


def disk_covariance(
    objects: NDArray[np.void], pixels_per_arcsec: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return A A' [px^2], shape (n, 2, 2), where A maps the unit circle to a disk's ellipse.

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    pixels_per_arcsec
        Maps (east, north) [arcsec] to (x, y) [px], shape (2, 2).
    """
    angle = np.radians(objects["positionAngle"])
    major = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    minor = np.stack([np.cos(angle), -np.sin(angle)], axis=1) * objects["axisRatio"][:, None]
    axes = pixels_per_arcsec @ np.stack([major, minor], axis=2)
    axes *= objects["diskScale"][:, None, None]
    return np.asarray(axes @ axes.transpose(0, 2, 1), np.float64)


def _window(middle: int, radius: int, size: int) -> NDArray[np.int64]:
    """Return the pixels of one axis within `radius` of the middle pixel."""
    return np.arange(max(middle - radius, 0), min(middle + radius, size - 1) + 1)


def _star(
    dx: NDArray[np.float64],
    dy: NDArray[np.float64],
    weight: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Integrate a sum of round Gaussians over pixels, exactly: offsets (nx,), (ny,) -> (ny, nx)."""
    sigma = np.sqrt(variance)[:, None]
    across, along = (
        np.diff(ndtr((np.append(d, d[-1] + 1.0) - 0.5) / sigma), axis=1) for d in (dx, dy)
    )
    return np.asarray(np.einsum("ky,kx->yx", weight[:, None] * along, across))


class _Disks:
    """Draws PSF-convolved exponential disks by Fourier transform, on square stamps."""

    def __init__(self, fwhm: float) -> None:
        self.fwhm = fwhm
        self.grids: dict[int, tuple[NDArray[np.float64], ...]] = {}

    def draw(
        self, radius: int, x: float, y: float, covariance: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return a disk of total 1 at (x, y), |x|, |y| <= 0.5 px off the middle pixel.

        The middle pixel is [radius, radius]; the result is at least 2 radius + 1 wide. What the
        transform wraps around from beyond is below 1e-3 of the light.
        """
        size = 16 * (radius // 8 + 1)
        if size not in self.grids:
            kx = np.asarray(np.fft.rfftfreq(size)[None, :], np.float64)
            ky = np.asarray(np.fft.fftfreq(size)[:, None], np.float64)
            self.grids[size] = (kx, ky, moffat_transform(self.fwhm, kx, ky))
        kx, ky, psf = self.grids[size]
        shift = np.exp(-2j * np.pi * ky * (y + radius)) * np.exp(-2j * np.pi * kx * (x + radius))
        image = np.fft.irfft2(psf * disk_transform(covariance, kx, ky) * shift, (size, size))
        return np.asarray(image)
