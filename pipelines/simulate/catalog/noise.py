"""The noise model: errors of fluxes, places and shapes from photons, sky, read noise and the PSF.

The PSF is a Gaussian of second moments P, an object one of moments S; it is seen as M = P + S. With
B the variance of a pixel without sources (sky + read noise^2), C the counts of the object, whose
variance is p C (p = 1 for electrons), and a(M) = 4 pi sqrt(det M) the noise-equivalent area (King
1983, PASP 95, 163):

    psf flux       F = C 2 sqrt(det P) / sqrt(det (P + M)),   Var F = p F + a(P) B
    aperture flux  A = C (1 - exp(-R^2 / 2 sqrt(det M))),     Var A = p A + pi R^2 B,
                   Cov(A, F) = Var F
    centroid       Cov = M (p C + 2 a(M) B) / C^2
    moments        relative errors sqrt(2) Err F / F

F is the flux of the PSF fitted at the centroid; for point sources F = C and M = P. That of the
centroid is the bound of Cramer & Rao in the limits of no sky and of all sky (Mendez et al. 2013).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.columns import Rows
from skytract.pipelines.simulate.catalog.scene import Scene

APERTURE = 12.0
"""Radius of the aperture, px."""

Floats = NDArray[np.float64]


class Exposure(Protocol):
    """What the noise of a measurement depends on: an `Image`, or a coadd."""

    @property
    def psf(self) -> Floats:
        """Second moments ixx, iyy, ixy [px^2]."""

    @property
    def psfSigma(self) -> float:  # noqa: N802
        """Width of the PSF, px: fourth root of the determinant of its moments."""

    @property
    def psfArea(self) -> float:  # noqa: N802
        """Noise-equivalent area of the PSF, px^2."""

    @property
    def variance(self) -> float | Floats:
        """Variance of a pixel without sources, counts^2; a number, or one per object."""

    @property
    def photonVariance(self) -> float | Floats:  # noqa: N802
        """Variance of a count of an object, likewise."""


@dataclass(frozen=True)
class Expected(Rows):
    """What a measurement gives on average, and its errors; shape (n,) each.

    Attributes
    ----------
    psf, psfErr
        PSF flux, counts.
    aperture, apertureErr
        Aperture flux, counts.
    xx, yy, xy
        Second moments as seen, px^2.
    spread
        Covariance of the centroid over the moments.
    """

    psf: Floats
    psfErr: Floats
    aperture: Floats
    apertureErr: Floats
    xx: Floats
    yy: Floats
    xy: Floats
    spread: Floats


def psf_error(image: Exposure, psf_flux: Floats) -> Floats:
    """Return the error of PSF fluxes [counts], whatever their sign."""
    photons = image.photonVariance * np.maximum(psf_flux, 0.0)
    return np.asarray(np.sqrt(photons + image.psfArea * image.variance))


def psf_fraction(scene: Scene, image: Exposure) -> Floats:
    """Return the part of the light that a PSF fitted at the centroid takes for flux, (n,)."""
    pxx, pyy, pxy = image.psf
    xx, yy, xy = 2.0 * pxx + scene.xx, 2.0 * pyy + scene.yy, 2.0 * pxy + scene.xy
    return np.asarray(2.0 * image.psfSigma**2 / np.sqrt(xx * yy - xy * xy))


def expect(scene: Scene, image: Exposure) -> Expected:
    """Return what is expected of all objects in a scene."""
    xx, yy, xy = (
        own + psf for own, psf in zip((scene.xx, scene.yy, scene.xy), image.psf, strict=True)
    )
    width = np.sqrt(xx * yy - xy * xy)
    background, photons = image.variance, image.photonVariance
    psf = scene.counts * psf_fraction(scene, image)
    aperture = scene.counts * -np.expm1(-0.5 * APERTURE**2 / width)
    return Expected(
        psf=psf,
        psfErr=psf_error(image, psf),
        aperture=aperture,
        apertureErr=np.sqrt(photons * aperture + np.pi * APERTURE**2 * background),
        xx=xx,
        yy=yy,
        xy=xy,
        spread=(photons * scene.counts + 8.0 * np.pi * width * background) / scene.counts**2,
    )
