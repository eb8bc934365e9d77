"""FitApCorr and ApplyApCorr: PSF fluxes become total fluxes (LDM-151 5.1.1.21-22, 8.12)."""

from dataclasses import dataclass

import numpy as np

from skytract.pipelines.exposure import BoolArray, Floats

MIN_STARS_LINEAR = 20
"""From so many stars on, the correction may vary linearly over the detector."""
MIN_STARS_CLIP = 5
"""Fewer stars cannot tell which of them is the outlier."""
ROUNDS = 4
CLIP_SIGMA = 4.0
MAD_TO_SIGMA = 1.4826
ERROR_FLOOR = 0.003
"""Relative error every ratio is granted: the PSF model is not perfect."""


@dataclass(frozen=True)
class ApertureCorrection:
    """Ratio of total to measured flux: c0 + c1 u + c2 v, with u and v in [-1, 1].

    Attributes
    ----------
    coefficients : tuple of 1 or 3 floats
    shape : (ny, nx)
        Of the detector.
    error : float
        1-sigma error in the middle of the detector, shared by all its sources.
    n_stars : int
        Stars it rests on.
    """

    coefficients: tuple[float, ...]
    shape: tuple[int, int]
    error: float
    n_stars: int

    def at(self, x: Floats, y: Floats) -> Floats:
        """Evaluate at zero-based pixels, shape (n,)."""
        terms = _terms(x, y, self.shape, len(self.coefficients))
        return np.asarray(terms @ np.asarray(self.coefficients))


def fit_aperture_correction(
    x: Floats,
    y: Floats,
    total: Floats,
    measured: Floats,
    error: Floats,
    shape: tuple[int, int],
) -> ApertureCorrection | None:
    """Fit the ratio of total flux to a measured flux over stars, dropping outliers.

    Parameters
    ----------
    x, y : ndarray, shape (m,), pixel
    total, measured : ndarray, shape (m,), electron
        Flux in the reference aperture, and the flux to correct.
    error : ndarray, shape (m,), electron
        1-sigma error of `total`.
    shape : (ny, nx)

    Returns
    -------
    ApertureCorrection or None
        None if no star has both fluxes.
    """
    usable = np.isfinite(total) & np.isfinite(measured) & (measured > 0) & (error > 0)
    if not usable.any():
        return None
    x, y, ratio = x[usable], y[usable], total[usable] / measured[usable]
    sigma = np.hypot(error[usable] / measured[usable], ERROR_FLOOR)
    n_terms = 3 if len(ratio) >= MIN_STARS_LINEAR else 1
    terms = _terms(x, y, shape, n_terms)
    keep = np.ones(len(ratio), bool)
    coefficients: Floats = np.zeros(n_terms)
    for _ in range(ROUNDS):
        weighted = terms[keep] / sigma[keep, np.newaxis]
        solution = np.linalg.lstsq(weighted, ratio[keep] / sigma[keep], rcond=None)
        coefficients = np.asarray(solution[0], float)
        kept = _clip(ratio - terms @ coefficients, sigma, keep)
        if len(ratio) < MIN_STARS_CLIP or (kept == keep).all():
            break
        keep = kept
    spread = np.sqrt(1.0 / np.sum(1.0 / sigma[keep] ** 2))
    return ApertureCorrection(
        tuple(float(c) for c in coefficients), shape, float(spread), int(keep.sum())
    )


def _clip(residual: Floats, sigma: Floats, keep: BoolArray) -> BoolArray:
    """Stars within 4 robust sigmas; the scatter is at least that of the errors."""
    pulls = np.abs(residual) / sigma
    scale = max(MAD_TO_SIGMA * float(np.median(pulls[keep])), 1.0)
    return np.asarray(pulls <= CLIP_SIGMA * scale)


def _terms(x: Floats, y: Floats, shape: tuple[int, int], n_terms: int) -> Floats:
    """Columns 1, u, v, of which the first `n_terms`."""
    u = 2.0 * np.asarray(x, float) / max(shape[1] - 1, 1) - 1.0
    v = 2.0 * np.asarray(y, float) / max(shape[0] - 1, 1) - 1.0
    return np.stack([np.ones_like(u), u, v], axis=-1)[..., :n_terms]
