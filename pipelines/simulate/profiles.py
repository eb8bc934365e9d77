"""Light profiles: the seeing disk as a sum of Gaussians, disks of galaxies by Fourier transform."""

import numpy as np
from numpy.typing import NDArray

MOFFAT_BETA = 3.0
"""Slope of the Moffat profile of the seeing disk."""

_STEP = 0.6


def moffat_scale(fwhm: float) -> float:
    """Return alpha of I(r) = I0 (1 + r^2 / alpha^2)^-beta, in the unit of the FWHM."""
    return float(fwhm / (2.0 * np.sqrt(2.0 ** (1.0 / MOFFAT_BETA) - 1.0)))


def moffat(fwhm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (sum 1) and variances of round Gaussians that add up to a Moffat profile.

    (1 + r^2/alpha^2)^-beta = 1/Gamma(beta) Int t^(beta-1) e^-t exp(-t r^2/alpha^2) dt: a Gamma
    mixture (Andrews & Mallows 1974) of Gaussians of variance alpha^2 / 2t and flux ~ 1/t, which
    integrate over pixels exactly. The trapezoidal rule in log t converges exponentially (Trefethen
    & Weideman 2014): 15 terms reach 5e-5 of the peak.

    Examples
    --------
    >>> weight, variance = moffat(1.0)
    >>> peak = float(np.sum(weight / (2 * np.pi * variance)))
    >>> round(peak * np.pi * moffat_scale(1.0) ** 2 / (MOFFAT_BETA - 1), 4)
    1.0
    """
    t = np.exp(np.arange(-5.6, 3.1, _STEP))
    weight = t ** (MOFFAT_BETA - 1.0) * np.exp(-t)
    return weight / weight.sum(), moffat_scale(fwhm) ** 2 / (2.0 * t)


def moffat_transform(
    fwhm: float, kx: NDArray[np.float64], ky: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Fourier transform of a Moffat profile integrated over pixels (1 at k = 0).

    Parameters
    ----------
    fwhm
        px.
    kx, ky
        Frequencies, cycles/px, of shapes that broadcast.
    """
    weight, variance = moffat(fwhm)
    exponent = -2.0 * np.pi**2 * variance[:, None, None] * (kx**2 + ky**2)
    mixture = np.sum(weight[:, None, None] * np.exp(exponent), axis=0)
    return np.asarray(mixture * np.sinc(kx) * np.sinc(ky))


def disk_transform(
    covariance: NDArray[np.float64], kx: NDArray[np.float64], ky: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Fourier transform of an exponential disk, (1 + (2 pi)^2 k'Ck)^(-3/2).

    The Hankel transform of exp(-r), stretched into an ellipse.

    Parameters
    ----------
    covariance
        px^2, shape (2, 2): maps of the unit disk, A A' with A = (major axis, minor axis) times the
        scale length.
    kx, ky
        Frequencies, cycles/px, of shapes that broadcast.
    """
    (xx, xy), (_, yy) = covariance
    square = 1.0 + (2.0 * np.pi) ** 2 * (xx * kx * kx + 2.0 * xy * kx * ky + yy * ky * ky)
    return np.asarray(1.0 / (square * np.sqrt(square)))
