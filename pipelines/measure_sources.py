"""MeasureSources: all single-frame measurements of the detections (LDM-151 5.1.1.12, 8.6.1.1).

Each measurement is a function of its own file; this one runs them in order and collects columns.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skytract.pipelines.classify_sources import classify_sources
from skytract.pipelines.detect_sources import Detections
from skytract.pipelines.exposure import Columns, Exposure, Floats
from skytract.pipelines.fit_aperture_correction import (
    ApertureCorrection,
    fit_aperture_correction,
)
from skytract.pipelines.measure_apertures import REFERENCE_RADIUS, measure_apertures
from skytract.pipelines.measure_centroids import Centroids, measure_centroids, window_sigma
from skytract.pipelines.measure_kron import measure_kron
from skytract.pipelines.measure_pixel_flags import (
    ANNULUS,
    find_saturated_cores,
    measure_local_background,
    measure_pixel_flags,
)
from skytract.pipelines.measure_psf_flux import measure_psf_flux
from skytract.pipelines.measure_shapes import Shapes, measure_shapes
from skytract.pipelines.psf import MoffatPsf
from skytract.pipelines.select_stars import find_candidates, select_stars
from skytract.pipelines.stamps import Stamps, cut_stamps

BLOCK = 512
"""Sources measured at a time, so that memory does not grow with crowding."""
STAMP_SIGMAS = 6.0
"""Half-width of the stamps for centroids and shapes, in PSF sigmas."""
WIDE_STAMP_SIGMAS = 9.0
"""The same for extended sources."""


@dataclass(frozen=True)
class PsfMoments:
    """Second moments of the PSF model [pixel^2], measured like those of sources."""

    ixx: float
    iyy: float
    ixy: float

    @property
    def sigma(self) -> float:
        """Fourth root of the determinant [pixel]."""
        return float((self.ixx * self.iyy - self.ixy**2) ** 0.25)


def psf_moments(psf: MoffatPsf) -> PsfMoments:
    """Adaptive moments of the centred PSF model; those of its area if it is undersampled."""
    stamp = psf.kernel()[np.newaxis]
    zero = np.zeros(1)
    stamps = Stamps(
        stamp,
        np.ones_like(stamp),
        np.ones_like(stamp, bool),
        zero,
        zero,
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
    )
    shapes = measure_shapes(stamps, zero, zero, np.full(1, 0.4 * psf.fwhm))
    if shapes.flag[0]:
        return PsfMoments(psf.sigma**2, psf.sigma**2, 0.0)
    return PsfMoments(float(shapes.ixx[0]), float(shapes.iyy[0]), float(shapes.ixy[0]))


def measure_positions(
    exposure: Exposure, detections: Detections, sigma: float
) -> tuple[Centroids, Shapes]:
    """Centroids and shapes of all n detections.

    First under a window of the width of the PSF; then sources that turn out to be extended are
    measured again under a wider one.

    Parameters
    ----------
    sigma : float, pixel
        Width of the PSF.
    """
    everything = np.arange(len(detections))
    narrow = np.full(len(detections), sigma)
    centroids, shapes = _positions(exposure, detections, everything, narrow, STAMP_SIGMAS * sigma)
    size = np.sqrt(0.5 * (shapes.ixx + shapes.iyy))
    window = window_sigma(size, np.sqrt(detections.a * detections.b), sigma)
    extended = np.flatnonzero(window > sigma)
    again = _positions(exposure, detections, extended, window, WIDE_STAMP_SIGMAS * sigma)
    for first, second in zip((*centroids, *shapes), (*again[0], *again[1]), strict=True):
        first[extended] = second
    return centroids, shapes


def _positions(
    exposure: Exposure,
    detections: Detections,
    rows: npt.NDArray[np.int64],
    window: Floats,
    half: float,
) -> tuple[Centroids, Shapes]:
    """Centroids and shapes of some detections, within stamps of a half-width [pixel]."""
    centroids: list[Centroids] = []
    shapes: list[Shapes] = []
    for block in _blocks(len(rows)):
        some = rows[block]
        owners = (detections.segmentation, detections.ids[some])
        where = (detections.x[some], detections.y[some])
        stamps = cut_stamps(exposure, *where, int(np.ceil(half)), *owners)
        found = measure_centroids(stamps, window[some])
        found.x[found.flag] = detections.peak_x[some][found.flag]
        found.y[found.flag] = detections.peak_y[some][found.flag]
        centroids.append(found)
        shapes.append(measure_shapes(stamps, found.x, found.y, window[some]))
    return (
        Centroids(*map(np.concatenate, zip(*centroids, strict=True))),
        Shapes(*map(np.concatenate, zip(*shapes, strict=True))),
    )


def _blocks(n: int) -> list[slice]:
    return [slice(start, min(start + BLOCK, n)) for start in range(0, max(n, 1), BLOCK)]


def measure_sources(
    exposure: Exposure, detections: Detections, *, psf_is_fitted: bool
) -> tuple[Exposure, Columns]:
    """Measure all detections on an exposure that has its PSF.

    Parameters
    ----------
    exposure : Exposure
        Background-subtracted, with `psf`.
    detections : Detections, n of them
    psf_is_fitted : bool
        False if the PSF is a guess: its fluxes are then flagged.

    Returns
    -------
    Exposure
        With the aperture correction.
    dict of ndarray, shape (n,)
        Columns of raw.Source but ids and sky positions; float NaN where undefined. A saturated
        peak has a flagged PSF flux and a position without errors.
    """
    psf = exposure.psf
    assert psf is not None
    moments = psf_moments(psf)
    centroids, shapes = measure_positions(exposure, detections, moments.sigma)
    x, y = centroids.x, centroids.y
    saturated = find_saturated_cores(exposure, x, y)
    for error in (centroids.x_err, centroids.y_err, centroids.covariance):
        error[saturated] = np.nan
    owners = (detections.segmentation, detections.ids)
    columns: Columns = {
        "x": x,
        "y": y,
        "xErr": centroids.x_err,
        "yErr": centroids.y_err,
        "x_y_Cov": centroids.covariance,
        "centroid_flag": centroids.flag,
        "ixx": shapes.ixx,
        "iyy": shapes.iyy,
        "ixy": shapes.ixy,
        "shape_flag": shapes.flag,
        "footprintArea": detections.area,
        "deblend_nChild": np.zeros(len(x), np.int32),
        "detect_isPrimary": np.ones(len(x), bool),
    }
    columns |= {f"{name}PSF": np.full(len(x), getattr(moments, name)) for name in _MOMENTS}
    columns |= measure_apertures(exposure, x, y, *owners)
    columns |= measure_kron(exposure, x, y, detections, moments.sigma)
    columns |= measure_pixel_flags(exposure, x, y, detections.segmentation)
    columns |= _point_sources(exposure, detections, x, y, moments.sigma)
    columns["sky"] = _at(exposure.background_level(), x, y)
    columns["psfInstFlux_flag"] |= centroids.flag | saturated | (not psf_is_fitted)
    stars = _stars(exposure, detections, centroids, shapes)
    correction = _correct(exposure, columns, shapes, stars)
    return replace(exposure, aperture_correction=correction), columns


_MOMENTS = ("ixx", "iyy", "ixy")


def _at(image: npt.NDArray[np.float32], x: Floats, y: Floats) -> Floats:
    """Pixel values at the nearest pixel, shape (n,)."""
    ny, nx = image.shape
    row = np.clip(np.rint(y).astype(int), 0, ny - 1)
    column = np.clip(np.rint(x).astype(int), 0, nx - 1)
    return np.asarray(image[row, column], float)


def _point_sources(
    exposure: Exposure, detections: Detections, x: Floats, y: Floats, sigma: float
) -> Columns:
    """PSF fluxes (not yet corrected) and local backgrounds."""
    psf = exposure.psf
    assert psf is not None
    flux, flux_err, local = np.empty(len(x)), np.empty(len(x)), np.empty(len(x))
    flag = np.empty(len(x), bool)
    for block in _blocks(len(x)):
        where = (x[block], y[block])
        owners = (detections.segmentation, detections.ids[block])
        stamps = cut_stamps(exposure, *where, psf.half, *owners)
        flux[block], flux_err[block], flag[block] = measure_psf_flux(stamps, psf)
        wide = cut_stamps(exposure, *where, int(np.ceil(ANNULUS[1] * sigma)), *owners)
        local[block] = measure_local_background(wide, *where, sigma)
    return {
        "psfInstFlux": flux,
        "psfInstFluxErr": flux_err,
        "psfInstFlux_flag": flag,
        "localBackground": local,
    }


def _stars(
    exposure: Exposure, detections: Detections, centroids: Centroids, shapes: Shapes
) -> npt.NDArray[np.int64]:
    psf = exposure.psf
    assert psf is not None
    stamps = cut_stamps(
        exposure, centroids.x, centroids.y, psf.half, detections.segmentation, detections.ids
    )
    candidates = find_candidates(exposure, detections, centroids, shapes, stamps)
    return select_stars(candidates, shapes)


def _correct(
    exposure: Exposure,
    columns: Columns,
    shapes: Shapes,
    stars: npt.NDArray[np.int64],
) -> ApertureCorrection:
    """Tie PSF and Gaussian fluxes to the reference aperture and classify; fills `columns`."""
    x, y = columns["x"], columns["y"]
    total = columns[f"ap{REFERENCE_RADIUS:02d}InstFlux"]
    error = columns[f"ap{REFERENCE_RADIUS:02d}InstFluxErr"]

    def fit(measured: Floats) -> ApertureCorrection | None:
        return fit_aperture_correction(
            x[stars], y[stars], total[stars], measured[stars], error[stars], exposure.shape
        )

    correction = fit(columns["psfInstFlux"])
    if correction is None:
        columns["psfInstFlux_flag"] |= True
        correction = ApertureCorrection((1.0,), exposure.shape, float("nan"), 0)
    gaussian = fit(shapes.flux) or correction
    columns["apCorr"] = correction.at(x, y)
    columns["psfInstFlux"] = columns["psfInstFlux"] * columns["apCorr"]
    columns["psfInstFluxErr"] = columns["psfInstFluxErr"] * columns["apCorr"]
    columns["gaussianInstFlux"] = shapes.flux * gaussian.at(x, y)
    columns["gaussianInstFluxErr"] = shapes.flux_err * gaussian.at(x, y)
    columns["extendedness"] = classify_sources(
        columns["psfInstFlux"],
        columns["gaussianInstFlux"],
        columns["gaussianInstFluxErr"],
        columns["psfInstFlux_flag"] | shapes.flag,
    )
    return correction
