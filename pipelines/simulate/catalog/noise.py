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
from math import pi
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.columns import Rows
from skytract.pipelines.simulate.catalog.scene import Scene

APERTURE = 12.0
"""Radius of the aperture, px."""

Reals = NDArray[np.floating]


class Exposure(Protocol):
    """What the noise of measurements depends on: `images.Conditions`, or a coadd."""

    @property
    def psf(self) -> Reals:
        """Second moments ixx, iyy, ixy [px^2]: three numbers, or three per object."""

    @property
    def psfSigma(self) -> float | Reals:  # noqa: N802
        """Width of the PSF, px: fourth root of the determinant of its moments; likewise."""

    @property
    def psfArea(self) -> float | Reals:  # noqa: N802
        """Noise-equivalent area of the PSF, px^2."""

    @property
    def variance(self) -> float | Reals:
        """Variance of a pixel without sources, counts^2."""

    @property
    def photonVariance(self) -> float | Reals:  # noqa: N802
        """Variance of a count of an object."""


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

    psf: Reals
    psfErr: Reals
    aperture: Reals
    apertureErr: Reals
    xx: Reals
    yy: Reals
    xy: Reals
    spread: Reals


def psf_error(image: Exposure, psf_flux: Reals) -> Reals:
    """Return the error of PSF fluxes [counts], whatever their sign."""
    square = image.photonVariance * np.maximum(psf_flux, 0.0)
    square += image.psfArea * image.variance
    return np.asarray(np.sqrt(square, out=square))


def psf_fraction(scene: Scene, image: Exposure) -> Reals:
    """Return the part of the light that a PSF fitted at the centroid takes for flux, (n,)."""
    pxx, pyy, pxy = image.psf
    fitted = root_of_determinant(scene.xx + 2.0 * pxx, scene.yy + 2.0 * pyy, scene.xy + 2.0 * pxy)
    return np.asarray(2.0 * image.psfSigma**2 / fitted)


def root_of_determinant(xx: Reals, yy: Reals, xy: Reals) -> Reals:
    """Return sqrt(xx yy - xy^2) of moments."""
    square = xx * yy
    square -= xy * xy
    return np.asarray(np.sqrt(square, out=square))


def expect(scene: Scene, counts: Reals, image: Exposure) -> Expected:
    """Return what is expected of all objects in a scene.

    Parameters
    ----------
    scene
        Their sizes.
    counts
        Their light, in the precision that is wanted, shape (n,).
    image
        What they are seen on.
    """
    xx, yy, xy = (
        own + psf for own, psf in zip((scene.xx, scene.yy, scene.xy), image.psf, strict=True)
    )
    width = root_of_determinant(xx, yy, xy)
    background, photons = image.variance, image.photonVariance
    psf = counts * psf_fraction(scene, image)
    aperture = np.expm1(-0.5 * APERTURE**2 / width)
    aperture *= -counts
    spread = 8.0 * pi * width * background
    spread += photons * counts
    spread /= counts * counts
    return Expected(
        psf=psf,
        psfErr=psf_error(image, psf),
        aperture=aperture,
        apertureErr=np.sqrt(photons * aperture + pi * APERTURE**2 * background),
        xx=xx,
        yy=yy,
        xy=xy,
        spread=spread,
    )
