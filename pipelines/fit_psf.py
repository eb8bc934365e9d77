"""FitPSF: one Moffat profile for a detector, from its bright stars (LDM-151 5.1.1.16, 8.9.1)."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from skytract.pipelines.exposure import Floats
from skytract.pipelines.psf import (
    FWHM_PER_SIGMA,
    FWHM_RANGE,
    KOLMOGOROV_BETA,
    MoffatPsf,
    sane_fwhm,
    stamp_half,
)
from skytract.pipelines.select_stars import MIN_STARS
from skytract.pipelines.stamps import Stamps

ROUNDS = 3
"""Fits; after each, stars that do not look like the model are dropped."""
MODEL_ERROR = 0.01
"""Relative error granted to the model, so that the brightest stars do not rule alone."""
CLIP = 4.0
"""Stars whose chi^2 per pixel exceeds the median by so many median absolute deviations ..."""
TOLERATED_CHI2 = 1.5
"""... and this value are dropped: noise alone gives 1."""
BETA_RANGE = (1.5, 50.0)
"""A beta of 50 is a Gaussian to 1 %."""
MAX_ELLIPTICITY = 0.5
"""Largest value of e1 and e2: rounder than any trailed star."""


class PsfFit(NamedTuple):
    """A fitted PSF, the stars behind it, and the RMS residual relative to the peak."""

    psf: MoffatPsf
    stars: npt.NDArray[np.int64]
    residual: float


def fit_psf(stamps: Stamps, stars: npt.NDArray[np.int64], sigma: float) -> PsfFit | None:
    """Fit size, ellipticity and wings of the PSF to stars, each with a flux of its own.

    Centres are fixed at the stamps' positions; fluxes are eliminated analytically in each step
    (variable projection).

    Parameters
    ----------
    stamps : Stamps, n of them
        Cut around the centroids.
    stars : ndarray of int, shape (m,)
        Which of the stamps are stars.
    sigma : float, pixel
        First guess of the width.

    Returns
    -------
    PsfFit or None
        None with fewer than `MIN_STARS` stars.
    """
    half = stamps.half
    size = float(np.log(sane_fwhm(sigma * FWHM_PER_SIGMA)))
    start = np.array([size, 0.0, 0.0, 1.0 / KOLMOGOROV_BETA])
    smallest, largest = np.log(FWHM_RANGE)
    lower = [smallest - 0.01, -MAX_ELLIPTICITY, -MAX_ELLIPTICITY, 1.0 / BETA_RANGE[1]]
    upper = [largest + 0.01, MAX_ELLIPTICITY, MAX_ELLIPTICITY, 1.0 / BETA_RANGE[0]]
    kept = stars
    for _ in range(ROUNDS):
        if len(kept) < MIN_STARS:
            return None
        solution = least_squares(
            _residuals, start, bounds=(lower, upper), args=(stamps, kept), xtol=1e-4, ftol=1e-5
        )
        start = np.clip(solution.x, np.add(lower, 1e-6), np.subtract(upper, 1e-6))
        chi2 = np.square(solution.fun.reshape(len(kept), -1)).sum(axis=1)
        chi2 /= stamps.good[kept].sum(axis=(1, 2))
        spread = np.median(np.abs(chi2 - np.median(chi2)))
        good = chi2 <= max(np.median(chi2) + CLIP * spread, TOLERATED_CHI2)
        if good.all():
            break
        kept = kept[good]
    psf = _psf(start, half)
    final = MoffatPsf(psf.cxx, psf.cyy, psf.cxy, psf.beta, stamp_half(psf.fwhm))
    return PsfFit(final, kept, _relative_residual(stamps, kept, psf))


def _psf(parameters: Floats, half: int) -> MoffatPsf:
    """PSF of (log FWHM, e1, e2, 1 / beta), with |C| independent of the ellipticity."""
    size, e1, e2, inverse_beta = (float(value) for value in parameters)
    beta = 1.0 / inverse_beta
    alpha2 = (0.5 * np.exp(size)) ** 2 / (2.0 ** (1.0 / beta) - 1.0)
    norm = float(np.sqrt(max(1.0 - e1**2 - e2**2, 1e-3)))
    return MoffatPsf(
        alpha2 * (1 + e1) / norm, alpha2 * (1 - e1) / norm, alpha2 * e2 / norm, beta, half
    )


def _scaled_model(stamps: Stamps, stars: npt.NDArray[np.int64], psf: MoffatPsf) -> Floats:
    """PSF times the best flux of each star, shape (m, s, s)."""
    model = psf.stamps(stamps.fx[stars], stamps.fy[stars])
    seen = np.where(stamps.good[stars], model, 0.0)
    flux = (seen * stamps.data[stars]).sum(axis=(1, 2)) / np.square(seen).sum(axis=(1, 2))
    return np.asarray(model * flux[:, np.newaxis, np.newaxis])


def _residuals(parameters: Floats, stamps: Stamps, stars: npt.NDArray[np.int64]) -> Floats:
    model = _scaled_model(stamps, stars, _psf(parameters, stamps.half))
    peak = stamps.data[stars].max(axis=(1, 2), keepdims=True)
    error = np.sqrt(stamps.variance[stars] + (MODEL_ERROR * peak) ** 2)
    difference = np.where(stamps.good[stars], stamps.data[stars] - model, 0.0)
    return np.asarray((difference / error).ravel())


def _relative_residual(stamps: Stamps, stars: npt.NDArray[np.int64], psf: MoffatPsf) -> float:
    """RMS over the stars of the mean residual image, relative to the peak of the model."""
    model = _scaled_model(stamps, stars, psf)
    difference = np.where(stamps.good[stars], stamps.data[stars] - model, 0.0)
    relative = difference / model.max(axis=(1, 2), keepdims=True)
    return float(np.sqrt(np.mean(np.square(relative.mean(axis=0)))))
