"""How deep coadds are: which images cover a place, and what they add."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import (
    NX,
    NY,
    PIXEL_SCALE,
    RADIAL_DISTORTION,
    beyond_edge,
)
from skytract.pipelines.simulate.catalog.observe import Observed
from skytract.pipelines.simulate.objects import BANDS
from skytract.pipelines.simulate.sites import tangent_axes

Floats = NDArray[np.float64]

REACH = np.radians(np.hypot(NX, NY) / 2.0 * PIXEL_SCALE / 3600.0)
"""Greatest distance of a place on a detector from its centre [rad], without distortion."""


@dataclass(frozen=True)
class Depth:
    """All images of a survey, as coadds need them; one entry per visit and detector, shape (N,).

    Attributes
    ----------
    centre
        Unit vectors of their middles, shape (N, 3).
    axes
        East, north and outward at the boresight, shape (N, 3, 3).
    toPixels
        Inverse of the WCS matrix, px/rad, shape (N, 2, 2).
    reference
        Zero-based reference pixel, shape (N, 2).
    band
        Index into ugrizy.
    zMean
        nJy per electron.
    variance
        Of a PSF flux without sources, nJy^2.
    psfSigma
        Width of the PSF, px.
    """

    centre: Floats
    axes: Floats
    toPixels: Floats
    reference: Floats
    band: NDArray[np.int64]
    zMean: Floats
    variance: Floats
    psfSigma: Floats

    @classmethod
    def of(cls, observed: Sequence[Observed]) -> "Depth":
        """Gather what visits brought."""

        def column(name: str) -> Floats:
            return np.concatenate([np.asarray(part.detectors[name]) for part in observed])

        z_mean = np.concatenate([part.truth["zMean"] for part in observed])
        cd = np.stack([column(f"cd{i}_{j}") for i in (1, 2) for j in (1, 2)], axis=1)
        to_pixels = np.linalg.inv(np.radians(cd.reshape(-1, 2, 2)))
        reference = np.stack([column("crpix1"), column("crpix2")], axis=1) - 1.0
        axes = np.stack(
            [tangent_axes(*at) for at in zip(column("crval1"), column("crval2"), strict=True)]
        )
        middle = np.array([NX, NY]) / 2.0 - reference
        east, north = np.einsum("nij,nj->in", np.linalg.inv(to_pixels), middle)
        plane = np.stack([east, north, np.ones_like(east)], axis=1)
        centre = np.einsum("nij,ni->nj", axes, plane)
        return cls(
            centre / np.linalg.norm(centre, axis=1, keepdims=True),
            axes,
            to_pixels,
            reference,
            np.array([BANDS.index(band) for band in column("band")]),
            z_mean,
            z_mean**2 * column("psfArea") * column("skyNoise") ** 2,
            column("psfSigma"),
        )

    def save(self, folder: Path) -> None:
        """Write them for workers."""
        np.savez(folder / "depth.npz", **vars(self))

    @staticmethod
    def open(folder: Path) -> "Depth":
        """Read what `save` wrote last; once in a process."""
        path = folder / "depth.npz"
        return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, written: int) -> Depth:
    """Read a file; `written` tells it from an older one of the same name."""
    with np.load(path) as arrays:
        return Depth(**arrays)


@dataclass(frozen=True)
class Cover:
    """What the images of each band add at places; shape (6, n) but psfSigma (6,).

    Attributes
    ----------
    images
        How many there are.
    weight
        Sum of 1 / variance, nJy^-2.
    zMean
        Mean nJy per electron; NaN without images.
    psfSigma
        Mean width of the PSF, px; NaN without images.
    """

    images: NDArray[np.int32]
    weight: Floats
    zMean: Floats
    psfSigma: Floats

    def take(self, rows: NDArray[np.int64]) -> "Cover":
        """Return what covers some of the places."""
        images, weight, z_mean = self.images[:, rows], self.weight[:, rows], self.zMean[:, rows]
        return Cover(images, weight, z_mean, self.psfSigma)


def cover(depth: Depth, vectors: Floats, centre: Floats, radius: float) -> Cover:
    """Return what covers places, unit vectors of shape (n, 3), within `radius` rad of a centre."""
    limit = np.cos(radius + 1.01 * REACH)
    near = np.flatnonzero(depth.centre @ centre > limit)
    images = np.zeros((len(BANDS), len(vectors)), np.int32)
    weight, z_mean = np.zeros((2, len(BANDS), len(vectors)))
    width, share = np.zeros((2, len(BANDS)))
    for image in near:
        east, north, outward = depth.axes[image] @ vectors.T
        x, y = depth.toPixels[image] @ (np.stack([east, north]) / outward)
        shrink = 1.0 / (1.0 + RADIAL_DISTORTION * (x * x + y * y))
        here = depth.reference[image]
        covered = beyond_edge(x * shrink + here[0], y * shrink + here[1]) < 0.0
        band, part = depth.band[image], float(covered.mean())
        images[band] += covered
        weight[band] += covered / depth.variance[image]
        z_mean[band] += covered * depth.zMean[image]
        width[band] += part * depth.psfSigma[image]
        share[band] += part
    with np.errstate(invalid="ignore"):
        return Cover(images, weight, z_mean / images, width / share)
