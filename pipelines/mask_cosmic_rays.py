"""Cosmic rays by morphology: pixels sharper than the PSF allows (LDM-151 8.2.1)."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from skytract.pipelines.exposure import UNUSABLE, BoolArray, Exposure, Floats, Image, MaskPlane
from skytract.pipelines.psf import MoffatPsf

MIN_SIGMA = 6.0
"""A pixel must stand out above a pair of its neighbours by so many sigmas."""
PSF_SHARE = 0.6
"""The pair must hold less than this share of what the PSF would put there."""
NOISE_SIGMA = 2.0
"""Sigmas of noise granted to the pixel and to the pair."""
GROWTH_SIGMA = 5.0
"""Neighbours of a hit are tested again: standing out by so many sigmas, with no noise granted."""
GROWTH_ROUNDS = 3
Pixels = tuple[npt.NDArray[np.intp], ...]
PAIRS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Offsets (rows, columns) of one half of each opposing pair."""


def mask_cosmic_rays(exposure: Exposure, psf: MoffatPsf) -> Exposure:
    """Mark the pixels no point source could have made.

    The method of the SDSS photometric pipeline (R. Lupton): a pixel is a hit if, for one of the
    four pairs of opposite neighbours, it exceeds the mean of the pair by `MIN_SIGMA`, and the
    pair is fainter than `PSF_SHARE` times the PSF's own ratio at that offset.

    Parameters
    ----------
    exposure : Exposure
        Background-subtracted.
    psf : MoffatPsf
        A rough one is enough.
    """
    image = np.where(exposure.flagged(UNUSABLE), np.float32(0), exposure.image)
    sigma = np.sqrt(np.maximum(exposure.variance, np.finfo(np.float32).tiny))
    kernel = psf.kernel()
    open_to_hits = np.zeros(image.shape, bool)  # the outermost pixels lack neighbours
    open_to_hits[1:-1, 1:-1] = True
    open_to_hits &= ~exposure.flagged(MaskPlane.SATURATED | MaskPlane.SUSPECT)
    hits = np.zeros(image.shape, bool)
    bright = np.nonzero(open_to_hits & (image > GROWTH_SIGMA * sigma))
    hits[bright] = _sharp(image, sigma, kernel, hits, bright, (MIN_SIGMA, NOISE_SIGMA))
    for _ in range(GROWTH_ROUNDS):
        around = ndimage.binary_dilation(hits, np.ones((3, 3), bool)) & ~hits & open_to_hits
        where = np.nonzero(around)
        grown = _sharp(image, sigma, kernel, hits, where, (GROWTH_SIGMA, 0.0))
        if not grown.any():
            break
        hits[where] |= grown
    return exposure.with_mask(hits, MaskPlane.CR)


def _sharp(
    image: Image,
    sigma: Image,
    kernel: Floats,
    hits: BoolArray,
    where: Pixels,
    limits: tuple[float, float],
) -> BoolArray:
    """Whether pixels are sharper than the PSF for one of the pairs, shape (n,).

    Pairs that hold a known hit do not count. `limits` are the sigmas to stand out by, and
    the sigmas of noise granted.
    """
    min_sigma, allowance = limits
    half = kernel.shape[0] // 2
    row, column = where
    value, noise = image[where], sigma[where]
    sharp = np.zeros(len(row), bool)
    for rows, columns in PAIRS:
        one, other = (row + rows, column + columns), (row - rows, column - columns)
        mean = 0.5 * (image[one] + image[other])
        ratio = PSF_SHARE * kernel[half + rows, half + columns] / kernel[half, half]
        above = value - mean > min_sigma * noise
        fainter = mean + allowance * noise / np.sqrt(2.0) < ratio * (value - allowance * noise)
        sharp |= above & fainter & ~hits[one] & ~hits[other]
    return sharp
