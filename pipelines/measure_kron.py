"""Kron photometry: an elliptical aperture scaled to the source (LDM-151 8.6.2.6)."""

import numpy as np
import sep

from skytract.pipelines.detect_sources import Detections
from skytract.pipelines.exposure import UNUSABLE, Columns, Exposure, Floats

KRON_FACTOR = 2.5
"""The aperture is this many Kron radii (Kron 1980, ApJS 43, 305)."""
SEARCH_RADIUS = 6.0
"""Isophotal radii within which the Kron radius is measured (Bertin & Arnouts 1996)."""
MIN_PSF_SIGMAS = 1.4
"""Floor of the Kron radius in PSF sigmas: a little more than that of a Gaussian, 1.25."""


def measure_kron(
    exposure: Exposure, x: Floats, y: Floats, detections: Detections, psf_sigma: float
) -> Columns:
    """Measure Kron radius and flux; pixels of neighbours take the mean of the others.

    Parameters
    ----------
    exposure : Exposure
        Background-subtracted.
    x, y : ndarray, shape (n,), pixel
    detections : Detections
        Their ellipses and segmentation.
    psf_sigma : float, pixel

    Returns
    -------
    dict of ndarray, shape (n,)
        `kronInstFlux`, `kronInstFluxErr` [electron], `kronRad` [pixel]: the Kron radius along
        the geometric mean of the axes, floored at `MIN_PSF_SIGMAS`. NaN where undefined.
    """
    a, b, theta = detections.a, detections.b, detections.theta
    shared = {
        "mask": exposure.flagged(UNUSABLE),
        "segmap": detections.segmentation,
        "seg_id": detections.ids,
    }
    ratio, _ = sep.kron_radius(exposure.image, x, y, a, b, theta, SEARCH_RADIUS, **shared)
    mean_axis = np.sqrt(a * b)
    ratio = np.where(np.isfinite(ratio) & (ratio > 0), ratio, 0.0)
    floor = MIN_PSF_SIGMAS * psf_sigma / mean_axis
    ratio = np.maximum(np.minimum(ratio, SEARCH_RADIUS), floor)
    flux, error, flag = sep.sum_ellipse(
        exposure.image,
        x,
        y,
        a,
        b,
        theta,
        KRON_FACTOR * ratio,
        var=exposure.variance,
        subpix=5,
        **shared,
    )
    lost = (flag & (sep.APER_ALLMASKED | sep.APER_TRUNC)) != 0
    return {
        "kronInstFlux": np.where(lost, np.nan, flux),
        "kronInstFluxErr": np.where(lost, np.nan, error),
        "kronRad": ratio * mean_axis,
    }
