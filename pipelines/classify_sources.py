"""Single-frame classification: extended, or a point (LDM-151 5.1.4, DPDD `extendedness`)."""

import numpy as np

from skytract.pipelines.exposure import BoolArray, Floats

MIN_EXCESS = 0.04
"""Relative flux beyond the PSF model that makes a source extended; stars scatter by 0.01."""
EXCESS_SIGMA = 3.0
"""... and the excess must be this significant."""


def classify_sources(
    psf_flux: Floats, gaussian_flux: Floats, error: Floats, flag: BoolArray
) -> Floats:
    """Compare the flux of a Gaussian of the source's own size with that of a point source.

    Parameters
    ----------
    psf_flux, gaussian_flux : ndarray, shape (n,), electron
        Both corrected so that they agree for stars.
    error : ndarray, shape (n,), electron
        1-sigma error of the Gaussian flux.
    flag : ndarray of bool, shape (n,)
        True where either flux is not reliable.

    Returns
    -------
    ndarray, shape (n,)
        1 extended, 0 point source, NaN where it cannot be told.
    """
    with np.errstate(invalid="ignore"):
        excess = gaussian_flux - psf_flux
        extended = (excess > MIN_EXCESS * gaussian_flux) & (excess > EXCESS_SIGMA * error)
        known = ~flag & np.isfinite(excess) & (psf_flux > 0)
    return np.where(known, extended.astype(float), np.nan)
