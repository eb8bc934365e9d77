"""The noise model: errors of fluxes, places and shapes from photons, sky, read noise and the PSF.

The PSF is a Gaussian of second moments P, an object one of moments S; it is seen as M = P + S. With
B the variance of a pixel without sources (sky + read noise^2), C the electrons of the object and
a(M) = 4 pi sqrt(det M) the noise-equivalent area (King 1983, PASP 95, 163):

    psf flux       F = C 2 sqrt(det P) / sqrt(det (P + M)),   Var F = F + a(P) B
    aperture flux  A = C (1 - exp(-R^2 / 2 sqrt(det M))),     Var A = A + pi R^2 B,
                   Cov(A, F) = Var F
    centroid       Cov = M (C + 2 a(M) B) / C^2
    moments        relative errors sqrt(2) Err F / F

F is the flux of the PSF fitted at the centroid; for point sources F = C and M = P. That of the
centroid is the bound of Cramer & Rao in the limits of no sky and of all sky (Mendez et al. 2013).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.columns import Rows
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.catalog.scene import Scene

APERTURE = 12.0
"""Radius of the aperture, px."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expected(Rows):
    """What a measurement gives on average, and its errors; shape (n,) each.

    Attributes
    ----------
    psf, psfErr
        PSF flux, e-.
    aperture, apertureErr
        Aperture flux, e-.
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


def psf_error(image: Image, psf_flux: Floats) -> Floats:
    """Return the error of PSF fluxes [e-], whatever their sign."""
    return np.asarray(np.sqrt(np.maximum(psf_flux, 0.0) + image.psfArea * image.variance))


def psf_fraction(scene: Scene, image: Image) -> Floats:
    """Return the part of the light that a PSF fitted at the centroid takes for flux, (n,)."""
    pxx, pyy, pxy = image.psf
    xx, yy, xy = 2.0 * pxx + scene.xx, 2.0 * pyy + scene.yy, 2.0 * pxy + scene.xy
    return np.asarray(2.0 * image.psfSigma**2 / np.sqrt(xx * yy - xy * xy))


def expect(scene: Scene, image: Image) -> Expected:
    """Return what is expected of all objects in a scene."""
    xx, yy, xy = (
        own + psf for own, psf in zip((scene.xx, scene.yy, scene.xy), image.psf, strict=True)
    )
    width = np.sqrt(xx * yy - xy * xy)
    background = image.variance
    psf = scene.counts * psf_fraction(scene, image)
    aperture = scene.counts * -np.expm1(-0.5 * APERTURE**2 / width)
    return Expected(
        psf=psf,
        psfErr=psf_error(image, psf),
        aperture=aperture,
        apertureErr=np.sqrt(aperture + np.pi * APERTURE**2 * background),
        xx=xx,
        yy=yy,
        xy=xy,
        spread=(scene.counts + 8.0 * np.pi * width * background) / scene.counts**2,
    )
