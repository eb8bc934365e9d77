"""Pixel flags and local background of a source (LDM-151 8.6.2.2)."""

import warnings

import numpy as np
import numpy.typing as npt

from skytract.pipelines.exposure import BoolArray, Columns, Exposure, Floats, MaskPlane
from skytract.pipelines.stamps import Stamps

FLAG_PLANES = {
    "pixelFlags_edge": MaskPlane.EDGE,
    "pixelFlags_saturated": MaskPlane.SATURATED,
    "pixelFlags_bad": MaskPlane.BAD,
    "pixelFlags_cr": MaskPlane.CR,
    "pixelFlags_interpolated": MaskPlane.INTERPOLATED,
    "pixelFlags_suspect": MaskPlane.SUSPECT,
}
CORE = 1
"""Half side of the central square that counts as well as the footprint [pixel]."""
ANNULUS = (7.0, 15.0)
"""Inner and outer radius of the local background in PSF sigmas."""
MIN_ANNULUS_PIXELS = 20


def measure_pixel_flags(
    exposure: Exposure,
    x: Floats,
    y: Floats,
    segmentation: npt.NDArray[np.int32] | None = None,
) -> Columns:
    """Or the mask planes within each footprint and its central 3 x 3 pixels.

    Parameters
    ----------
    x, y : ndarray, shape (n,), pixel
    segmentation : ndarray of int32, shape (ny, nx), optional
        Footprint of source i is where it equals i + 1; without it only the centre counts.

    Returns
    -------
    dict of ndarray of bool, shape (n,)
        One column `pixelFlags_<plane>` each.
    """
    bits = np.zeros(len(x), np.int64)
    ny, nx = exposure.shape
    column, row = np.rint(x).astype(int), np.rint(y).astype(int)
    for j in range(-CORE, CORE + 1):
        for i in range(-CORE, CORE + 1):
            bits |= exposure.mask[np.clip(row + j, 0, ny - 1), np.clip(column + i, 0, nx - 1)]
    if segmentation is not None:
        used = (segmentation > 0) & (exposure.mask != 0)
        np.bitwise_or.at(bits, segmentation[used] - 1, exposure.mask[used].astype(np.int64))
    return {name: (bits & int(plane)) != 0 for name, plane in FLAG_PLANES.items()}


def find_saturated_cores(exposure: Exposure, x: Floats, y: Floats) -> BoolArray:
    """Tell which sources lost light at their peak: position and PSF flux cannot be trusted.

    Parameters
    ----------
    x, y : ndarray, shape (n,), pixel

    Returns
    -------
    ndarray of bool, shape (n,)
        True where one of the central 3 x 3 pixels is saturated.
    """
    return np.asarray(measure_pixel_flags(exposure, x, y)["pixelFlags_saturated"], bool)


def measure_local_background(stamps: Stamps, x: Floats, y: Floats, psf_sigma: float) -> Floats:
    """Median of the good pixels in an annulus of 7 to 15 PSF sigmas [electron/pixel].

    Shape (n,); NaN with fewer than 20 pixels.
    """
    dx, dy = stamps.offsets(x, y)
    radius2 = dx[:, np.newaxis, :] ** 2 + dy[:, :, np.newaxis] ** 2
    inner, outer = (psf_sigma * limit for limit in ANNULUS)
    inside = stamps.good & (radius2 >= inner**2) & (radius2 <= outer**2)
    enough = inside.sum(axis=(1, 2)) >= MIN_ANNULUS_PIXELS
    values = np.where(inside & enough[:, np.newaxis, np.newaxis], stamps.data, np.nan)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return np.asarray(np.nanmedian(values, axis=(1, 2)))
