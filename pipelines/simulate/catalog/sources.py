"""Sources: what one visit and detector measures, in the columns of raw.Source, beside its truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError
from skytract.loaders.source_ids import MAX_SOURCES, pack_source_id
from skytract.pipelines.simulate.catalog.camera import beyond_edge
from skytract.pipelines.simulate.catalog.false_detections import COSMIC_RAY, false_detections
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.catalog.noise import (
    APERTURE,
    Expected,
    expect,
    psf_error,
    psf_fraction,
)
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.randoms import Stream, generator

THRESHOLD = 5.0
"""Detected is what has a PSF flux of this many errors: completeness is 50 % there."""

HOPELESS = 0.5
"""True signal-to-noise ratio below which nothing is detected (by chance, 3 in a million are)."""

FULL_WELL, SUSPECT = 100_000.0, 75_000.0
"""Electrons in a pixel from which it is saturated, or in the non-linear range."""

RESOLVED = 1.15
"""Extended is what has a sum of moments larger than the PSF's by this factor."""

EDGE, COSMIC_RAYS = 8.0, 0.003
"""Footprints nearer to the edge touch it [px]; part of the sources hit by a cosmic ray."""

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Measured:
    """Columns of raw.Source and of TruthSource, n rows each."""

    source: Columns
    truth: Columns


def measure(plan: CatalogPlan, image: Image, scene: Scene) -> Measured:
    """Detect and measure the objects of a scene with noise, and what is falsely detected.

    The noise belongs to seed, visit and detector, whatever else is simulated.
    """
    rng = generator(plan.seed, Stream.CATALOG_SOURCE, int(image.visit["visit"]), image.detector)
    scene = scene.join(false_detections(plan, image, scene, rng))
    flux = scene.counts * psf_fraction(scene, image)
    error = psf_error(image, flux)
    possible = np.flatnonzero(flux > HOPELESS * error)
    flux, error = flux.take(possible), error.take(possible)
    noise = error * rng.standard_normal(len(possible), dtype=np.float32)
    seen = np.flatnonzero(flux + noise >= THRESHOLD * error)
    return _tabulate(plan, image, scene.take(possible.take(seen)), noise.take(seen), rng)


def _tabulate(
    plan: CatalogPlan,
    image: Image,
    scene: Scene,
    psf_noise: Floats,
    rng: np.random.Generator,
) -> Measured:
    """Return the columns of detected objects; `psf_noise` is that of their PSF flux [e-]."""
    n, expected = len(psf_noise), expect(scene, image)
    ids = source_ids(image, n)
    chance = rng.random(n, dtype=np.float32)
    wrong = chance < plan.outliers
    x, y, errors = _centroids(scene, expected, rng)
    psf = expected.psf + psf_noise
    _spoil(x, y, psf, wrong, rng)
    ra, dec = image.wcs.to_sky(x, y)
    aperture = expected.aperture + psf_noise
    aperture += _beyond(expected) * rng.standard_normal(n, dtype=np.float32)
    flags = _flags(image, scene, expected, chance > 1.0 - COSMIC_RAYS)
    source: Columns = {
        "sourceId": ids,
        "visit": np.full(n, image.visit["visit"], np.int64),
        "detector": np.full(n, image.detector, np.int32),
        "ra": ra,
        "dec": dec,
        "x": x,
        "y": y,
        **errors,
        "psfInstFlux": psf,
        "psfInstFluxErr": expected.psfErr,
        "ap12InstFlux": aperture.astype(np.float32),
        "ap12InstFluxErr": expected.apertureErr.astype(np.float32),
        **_shapes(image, expected, rng),
        "sky": np.full(n, image.skyBg, np.float32),
        "apCorr": np.ones(n, np.float32),
        "deblend_nChild": np.zeros(n, np.int32),
        "detect_isPrimary": np.ones(n, bool),
        **flags,
    }
    truth: Columns = {
        "sourceId": ids,
        "truthId": scene.truthId,
        "x": scene.x,
        "y": scene.y,
        "counts": scene.counts,
        "psfInstFlux": expected.psf,
        "members": scene.members,
        "isOutlier": wrong,
    }
    return Measured(source, truth)


def source_ids(image: Image, n: int) -> NDArray[np.int64]:
    """Return ids of the n detections of an image.

    Raises
    ------
    SkytractError
        If there are more than an id has room for.
    """
    if n > MAX_SOURCES:
        raise SkytractError(
            f"Visit {image.visit['visit']}, detector {image.detector} has {n} detections, and ids"
            f" have room for {MAX_SOURCES}: lower faintest or spurious."
        )
    return pack_source_id(int(image.visit["visit"]), image.detector, np.arange(n))


def _centroids(
    scene: Scene, expected: Expected, rng: np.random.Generator
) -> tuple[Floats, Floats, dict[str, NDArray[Any]]]:
    """Return measured x and y [px], and the columns of their errors."""
    along, across = rng.standard_normal((2, len(scene.x)), dtype=np.float32)
    xx, yy, xy = _single(expected)
    spread = expected.spread.astype(np.float32)
    scale, width = np.sqrt(spread), np.sqrt(xx)
    slope, x_error = xy / width, scale * width
    rest = np.sqrt(yy - slope * slope)
    x = scene.x + x_error * along
    y = scene.y + scale * (slope * along + rest * across)
    return x, y, {"xErr": x_error, "yErr": scale * np.sqrt(yy), "x_y_Cov": spread * xy}


def _single(expected: Expected) -> list[NDArray[np.float32]]:
    """Return the moments xx, yy, xy in the precision of their columns."""
    return [m.astype(np.float32) for m in (expected.xx, expected.yy, expected.xy)]


def _beyond(expected: Expected) -> Floats:
    """Return the part of the aperture flux's error that the PSF flux does not share."""
    return np.sqrt(np.maximum(expected.apertureErr**2 - expected.psfErr**2, 0.0))


def _spoil(
    x: Floats, y: Floats, psf: Floats, wrong: NDArray[np.bool_], rng: np.random.Generator
) -> None:
    """Make some rows wrong, in place: every other one in flux by up to a factor 2, or in place."""
    rows = np.flatnonzero(wrong)
    how = rng.uniform(-1.0, 1.0, (3, len(rows)))
    shifted = how[2] > 0.0
    psf[rows] *= np.where(shifted, 1.0, 2.0 ** how[0])
    x[rows] += np.where(shifted, 5.0 * how[0], 0.0)
    y[rows] += np.where(shifted, 5.0 * how[1], 0.0)


def _shapes(image: Image, expected: Expected, rng: np.random.Generator) -> Columns:
    """Return measured moments, those of the PSF, and whether the source is extended."""
    n = len(expected.psf)
    size = (np.sqrt(2.0) * expected.psfErr / expected.psf).astype(np.float32).clip(max=0.2)
    trace, plus, cross = rng.standard_normal((3, n), dtype=np.float32) * size
    xx, yy, xy = _single(expected)
    trace += 1.0
    ixx, iyy = xx * (trace + plus), yy * (trace - plus)
    pxx, pyy, pxy = image.psf
    extended = ixx + iyy > RESOLVED * float(pxx + pyy)
    return {
        "ixx": ixx,
        "iyy": iyy,
        "ixy": xy * trace + np.sqrt(xx * yy) * cross,
        "ixxPSF": np.full(n, pxx, np.float32),
        "iyyPSF": np.full(n, pyy, np.float32),
        "ixyPSF": np.full(n, pxy, np.float32),
        "extendedness": extended.astype(np.float32),
    }


def _flags(
    image: Image, scene: Scene, expected: Expected, hit: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Return the columns of flags; what is saturated has no reliable flux, place or shape."""
    width = np.sqrt(expected.xx * expected.yy - expected.xy**2)
    peak = image.skyBg + scene.counts / (2.0 * np.pi * width)
    saturated, hit = peak > FULL_WELL, hit | (scene.truthId == COSMIC_RAY)
    off = beyond_edge(scene.x, scene.y)
    bad = near_bad_column(image, scene.x)
    return {
        "centroid_flag": saturated,
        "psfInstFlux_flag": saturated,
        "apFlux_flag": off > -APERTURE,
        "shape_flag": saturated,
        "pixelFlags_edge": off > -EDGE,
        "pixelFlags_saturated": saturated,
        "pixelFlags_bad": bad,
        "pixelFlags_cr": hit,
        "pixelFlags_interpolated": saturated | bad | hit,
        "pixelFlags_suspect": peak > SUSPECT,
    }


def near_bad_column(image: Image, x: Floats) -> NDArray[np.bool_]:
    """Tell which places are within 3 px of a defective column of the detector."""
    near = np.zeros(len(x), bool)
    for column in image.badColumns:
        near |= np.abs(x - column) < 3.0
    return near
