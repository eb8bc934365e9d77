"""BootstrapImChar for one detector: background, PSF, artifacts, sources (LDM-151 5.1.1).

A bright pass with a guessed PSF finds the stars the PSF is fitted to; the second pass uses that
PSF to find cosmic rays, to detect to the limit and to measure.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skytract.pipelines.celestial import pixel_scale
from skytract.pipelines.detect_sources import Detections, DetectionSettings, detect_sources
from skytract.pipelines.estimate_background import (
    DEFAULT_MESH,
    estimate_background,
    subtract_background,
)
from skytract.pipelines.exposure import Columns, Exposure, Floats
from skytract.pipelines.fit_psf import PsfFit, fit_psf
from skytract.pipelines.interpolate_artifacts import interpolate_artifacts
from skytract.pipelines.mask_cosmic_rays import mask_cosmic_rays
from skytract.pipelines.measure_sources import measure_positions, measure_sources, psf_moments
from skytract.pipelines.psf import FWHM_PER_SIGMA, MoffatPsf, sane_fwhm, stamp_half
from skytract.pipelines.select_stars import MIN_SIZE, find_candidates, select_stars, star_sizes
from skytract.pipelines.stamps import Stamps, cut_stamps

BRIGHT_THRESHOLD = 20.0
"""Signal-to-noise ratio of the first pass, which looks for stars to fit the PSF to."""
DEFAULT_FWHM = 4.0
"""Width assumed before anything is known [pixel]; the header's seeing replaces it."""
MIN_FOOTPRINT = 9
"""Smaller footprints [pixel] do not tell their width."""


@dataclass(frozen=True)
class FrameSettings:
    """How a frame is processed; part of the hash that tells whether a result is up to date.

    Attributes
    ----------
    detection : DetectionSettings
    mesh : int, pixel
        Cells of the background.
    """

    detection: DetectionSettings = field(default_factory=DetectionSettings)
    mesh: int = DEFAULT_MESH


@dataclass(frozen=True)
class Characterization:
    """A calibrated exposure, its sources, and the fit of its PSF (None if it is a guess)."""

    exposure: Exposure
    detections: Detections
    columns: Columns
    psf_fit: PsfFit | None


def characterize_image(
    exposure: Exposure, settings: FrameSettings | None = None
) -> Characterization:
    """Take an exposure from electrons with sky to a calibrated exposure and its sources.

    Parameters
    ----------
    exposure : Exposure
        As `run_isr` returns it.
    settings : FrameSettings

    Returns
    -------
    Characterization
        Background-subtracted exposure with PSF and aperture correction; columns of raw.Source
        but ids and sky positions. Without at least 3 stars the PSF is a guess: the seeing of the
        header, or else the commonest size of the sources; all its fluxes are then flagged.
    """
    settings = settings or FrameSettings()
    exposure = subtract_background(exposure, estimate_background(exposure, settings.mesh))
    psf = _first_psf(exposure, settings)
    sigma = psf.fwhm / FWHM_PER_SIGMA
    if not exposure.info.calibrated:
        exposure = mask_cosmic_rays(exposure, psf)
    exposure = interpolate_artifacts(exposure, sigma)
    detections = detect_sources(exposure, psf.sigma, settings.detection)
    sky_left = estimate_background(exposure, settings.mesh, detections.segmentation > 0)
    exposure = subtract_background(exposure, sky_left)
    found = _find_stars(exposure, detections, sigma)
    fit = fit_psf(found.stamps, found.stars, sigma)
    psf = psf if fit is None else fit.psf
    detections = detect_sources(exposure, psf.sigma, settings.detection)
    exposure = replace(exposure, psf=psf)
    exposure, columns = measure_sources(exposure, detections, psf_is_fitted=fit is not None)
    return Characterization(exposure, detections, columns, fit)


def _first_psf(exposure: Exposure, settings: FrameSettings) -> MoffatPsf:
    """Guess the PSF: the size of the bright stars, or the header's seeing, or any source's."""
    seeing = exposure.info.seeing
    fwhm = DEFAULT_FWHM if seeing is None else sane_fwhm(seeing / pixel_scale(exposure.wcs))
    bright = replace(settings.detection, threshold=BRIGHT_THRESHOLD, growth=0.0)
    detections = detect_sources(exposure, MoffatPsf.from_fwhm(fwhm).sigma, bright)
    if seeing is None:
        fwhm = _isophotal_fwhm(detections) or fwhm
    found = _find_stars(exposure, detections, fwhm / FWHM_PER_SIGMA)
    likely = found.stars if len(found.stars) or seeing is not None else found.candidates
    if len(likely):
        return _psf_of_size(float(np.median(found.sizes[likely])))
    return MoffatPsf.from_fwhm(fwhm)


def _psf_of_size(sigma: float) -> MoffatPsf:
    """Make a circular PSF whose adaptive moments have that size [pixel]."""
    psf = MoffatPsf.from_fwhm(sane_fwhm(sigma * FWHM_PER_SIGMA))
    return MoffatPsf.from_fwhm(sane_fwhm(psf.fwhm * sigma / psf_moments(psf).sigma))


def _isophotal_fwhm(detections: Detections) -> float | None:
    """Median width of the footprints that are no cosmic rays [pixel]; None without any."""
    size = np.sqrt(detections.a * detections.b)
    size = size[(size > MIN_SIZE) & (detections.area >= MIN_FOOTPRINT)]
    return sane_fwhm(float(np.median(size)) * FWHM_PER_SIGMA) if len(size) else None


class _Found(NamedTuple):
    """Rows of the stars and of the candidates, and sizes and stamps of all detections."""

    stars: npt.NDArray[np.int64]
    candidates: npt.NDArray[np.int64]
    sizes: Floats
    stamps: Stamps


def _find_stars(exposure: Exposure, detections: Detections, sigma: float) -> _Found:
    centroids, shapes = measure_positions(exposure, detections, sigma)
    owners = (detections.segmentation, detections.ids)
    half = stamp_half(sigma * FWHM_PER_SIGMA)
    stamps = cut_stamps(exposure, centroids.x, centroids.y, half, *owners)
    candidates = find_candidates(exposure, detections, centroids, shapes, stamps)
    return _Found(select_stars(candidates, shapes), candidates, star_sizes(shapes), stamps)


def psf_columns(exposure: Exposure) -> dict[str, float]:
    """Width and area of the PSF as columns of VisitDetector [pixel, pixel^2]."""
    assert exposure.psf is not None
    return {
        "psfSigma": psf_moments(exposure.psf).sigma,
        "psfArea": exposure.psf.area(),
    }
