"""Artifact interpolation: small defects take a value from their neighbours (LDM-151 8.3)."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from skytract.pipelines.exposure import UNUSABLE, Exposure, MaskPlane

MIN_SUPPORT = 0.02
"""Share of the kernel that must lie on good pixels for a value to be made up."""


def interpolate_artifacts(exposure: Exposure, sigma: float) -> Exposure:
    """Fill defective and cosmic-ray pixels with a Gaussian-weighted mean of good ones.

    Saturated pixels keep their value, a lower limit. The mask keeps saying what was wrong.

    Parameters
    ----------
    exposure : Exposure
        Background-subtracted.
    sigma : float, pixel
        Width of the kernel: that of the PSF.
    """
    holes = exposure.flagged(MaskPlane.BAD | MaskPlane.CR) & ~exposure.flagged(MaskPlane.SATURATED)
    if not holes.any():
        return exposure
    good = (~exposure.flagged(UNUSABLE)).astype(np.float32)
    settings = {"sigma": sigma, "truncate": 3.0, "mode": "constant"}
    support = ndimage.gaussian_filter(good, **settings)
    light = ndimage.gaussian_filter(exposure.image * good, **settings)
    filled = holes & (support > MIN_SUPPORT)
    image = np.where(filled, light / np.maximum(support, MIN_SUPPORT), exposure.image)
    return replace(exposure, image=image.astype(np.float32)).with_mask(
        filled, MaskPlane.INTERPOLATED
    )
