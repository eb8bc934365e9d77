"""Sources: what detectors measure in a visit, in the columns of raw.Source, beside their truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError
from skytract.loaders.source_ids import MAX_SOURCES, pack_source_id
from skytract.pipelines.simulate.catalog.by_detector import Indices, bounds, draw, spread
from skytract.pipelines.simulate.catalog.false_detections import false_detections
from skytract.pipelines.simulate.catalog.flags import raise_flags
from skytract.pipelines.simulate.catalog.images import Conditions, Images, Singles
from skytract.pipelines.simulate.catalog.noise import (
    Expected,
    expect,
    psf_error,
    psf_fraction,
)
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.randoms import Dice, Stream

THRESHOLD = 5.0
"""Detected is what has a PSF flux of this many errors: completeness is 50 % there."""

HOPELESS = 0.5
"""True signal-to-noise ratio below which nothing is detected (by chance, 3 in a million are)."""

RESOLVED = 1.15
"""Extended is what has a sum of moments larger than the PSF's by this factor."""

COSMIC_RAYS = 0.003
"""Part of the sources hit by a cosmic ray."""

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Measured:
    """Columns of raw.Source and of TruthSource, n rows each."""

    source: Columns
    truth: Columns


def measure(plan: CatalogPlan, images: Images, scene: Scene) -> Measured:
    """Detect and measure the objects of a scene with noise, and what is falsely detected.

    The noise belongs to seed, visit and detector, whatever else is simulated.
    """
    visit = int(images.visit["visit"])
    dice = [Dice(plan.seed, Stream.CATALOG_SOURCE, visit, int(k)) for k in images.detector]
    scene = scene.join(false_detections(plan, images, scene, dice))
    conditions = images.at(scene.slot)
    flux = scene.counts.astype(np.float32)
    flux *= psf_fraction(scene, conditions)
    error = psf_error(conditions, flux)
    noise = draw(dice, scene.slot, Dice.normal)
    noise *= error
    seen = np.flatnonzero((flux + noise >= THRESHOLD * error) & (flux > HOPELESS * error))
    return _tabulate(plan, images, scene.take(seen), noise.take(seen), dice)


def _six(dice: Dice, n: int) -> Singles:
    return dice.normal(6 * n).reshape(6, n)


def _tabulate(
    plan: CatalogPlan, images: Images, scene: Scene, psf_noise: Singles, dice: Sequence[Dice]
) -> Measured:
    """Return the columns of detected objects; `psf_noise` is that of their PSF flux [e-]."""
    n, slot, conditions = len(psf_noise), scene.slot, images.at(scene.slot)
    expected = expect(scene, scene.counts.astype(np.float32), conditions)
    ids = source_ids(images, slot)
    chance, noise = draw(dice, slot, Dice.uniform), draw(dice, slot, _six)
    wrong = chance < plan.outliers
    x, y, errors = _centroids(scene, expected, noise[:2])
    psf = expected.psf + psf_noise
    _spoil(x, y, psf, draw(dice, slot[wrong], _uniforms), np.flatnonzero(wrong))
    ra, dec = images.to_sky(x, y, slot)
    aperture = expected.aperture + psf_noise
    aperture += _beyond(expected) * noise[2]
    flags = raise_flags(images, scene, expected, chance > 1.0 - COSMIC_RAYS)
    source: Columns = {
        "sourceId": ids,
        "visit": np.full(n, images.visit["visit"], np.int64),
        "detector": spread(images.detector.astype(np.int32), slot),
        "ra": ra,
        "dec": dec,
        "x": x,
        "y": y,
        **errors,
        "psfInstFlux": psf.astype(np.float64),
        "psfInstFluxErr": expected.psfErr.astype(np.float64),
        "ap12InstFlux": aperture,
        "ap12InstFluxErr": expected.apertureErr,
        **_shapes(conditions, expected, noise[3:]),
        "sky": spread(images.skyBg.astype(np.float32), slot),
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
        "psfInstFlux": expected.psf.astype(np.float64),
        "members": scene.members,
        "isOutlier": wrong,
    }
    return Measured(source, truth)


def source_ids(images: Images, slot: Indices) -> Indices:
    """Return ids of detections, of the ascending slots of their detectors, shape (n,).

    Raises
    ------
    SkytractError
        If a detector has more than an id has room for.
    """
    visit, edges = int(images.visit["visit"]), bounds(slot, len(images.detector))
    for detector, (first, last) in zip(images.detector, edges, strict=True):
        if last - first > MAX_SOURCES:
            raise SkytractError(
                f"Visit {visit}, detector {detector} has {last - first} detections, and ids"
                f" have room for {MAX_SOURCES}: lower faintest or spurious."
            )
    firsts = pack_source_id(visit, images.detector, 0) - [first for first, _ in edges]
    return np.asarray(firsts.take(slot) + np.arange(len(slot)))


def _centroids(
    scene: Scene, expected: Expected, noise: Singles
) -> tuple[Floats, Floats, dict[str, Singles]]:
    """Return measured x and y [px], and the columns of their errors; noise of shape (2, n)."""
    along, across = noise
    scale, width = np.sqrt(expected.spread), np.sqrt(expected.xx)
    slope, x_error = expected.xy / width, scale * width
    rest = np.sqrt(expected.yy - slope * slope)
    x = scene.x + x_error * along
    y = scene.y + scale * (slope * along + rest * across)
    errors = {
        "xErr": x_error,
        "yErr": scale * np.sqrt(expected.yy),
        "x_y_Cov": expected.spread * expected.xy,
    }
    return x, y, errors


def _beyond(expected: Expected) -> Singles:
    """Return the part of the aperture flux's error that the PSF flux does not share."""
    square = expected.apertureErr * expected.apertureErr
    square -= expected.psfErr * expected.psfErr
    return np.sqrt(np.maximum(square, 0.0))


def _uniforms(dice: Dice, n: int) -> Floats:
    return dice.generator.uniform(-1.0, 1.0, (3, n))


def _spoil(x: Floats, y: Floats, psf: Singles, how: Floats, rows: Indices) -> None:
    """Make some rows wrong, in place: every other one in flux by up to a factor 2, or in place.

    `how` are uniform numbers from -1 to 1, shape (3, m).
    """
    shifted = how[2] > 0.0
    psf[rows] *= np.where(shifted, 1.0, 2.0 ** how[0])
    x[rows] += np.where(shifted, 5.0 * how[0], 0.0)
    y[rows] += np.where(shifted, 5.0 * how[1], 0.0)


def _shapes(conditions: Conditions, expected: Expected, noise: Singles) -> Columns:
    """Return measured moments, those of the PSF, and whether the source is extended.

    Noise of unit width, shape (3, n).
    """
    size = sqrt(2.0) * expected.psfErr / expected.psf
    trace, plus, cross = noise * np.minimum(size, 0.2, out=size)
    trace += 1.0
    ixx, iyy = expected.xx * (trace + plus), expected.yy * (trace - plus)
    pxx, pyy, pxy = conditions.psf
    cross *= np.sqrt(expected.xx * expected.yy)
    trace *= expected.xy
    return {
        "ixx": ixx,
        "iyy": iyy,
        "ixy": trace + cross,
        "ixxPSF": pxx,
        "iyyPSF": pyy,
        "ixyPSF": pxy,
        "extendedness": (ixx + iyy > RESOLVED * (pxx + pyy)).astype(np.float32),
    }
