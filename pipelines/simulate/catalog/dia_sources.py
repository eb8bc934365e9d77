"""DiaSources: what differs from the template beyond the noise, and dipoles of bright stars."""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np

from skytract.pipelines.simulate.catalog.by_detector import bounds, draw, spread
from skytract.pipelines.simulate.catalog.camera import beyond_edge
from skytract.pipelines.simulate.catalog.false_detections import DIPOLE
from skytract.pipelines.simulate.catalog.flags import EDGE, near_bad_column
from skytract.pipelines.simulate.catalog.images import Conditions, Images
from skytract.pipelines.simulate.catalog.noise import psf_error
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.catalog.sources import (
    THRESHOLD,
    Columns,
    Floats,
    Measured,
    source_ids,
)
from skytract.pipelines.simulate.randoms import Stream, generator

TEMPLATE_VISITS = 10.0
"""Visits in a template: its noise is that of one over the square root of this."""

DIPOLE_BRIGHTNESS, DIPOLE_FLUX = 3e4, 0.01
"""Electrons from which a star may leave a dipole; part of its flux in each lobe, at the most."""

POSSIBLE = 1.0
"""Change in units of its error below which nothing is detected (4 sigma chances are left out)."""


def difference_error(image: Conditions, counts: Floats) -> Floats:
    """Return the error of differences to the template [e-] at places with so many electrons."""
    return np.asarray(psf_error(image, counts) * sqrt(1.0 + 1.0 / TEMPLATE_VISITS))


def measure_differences(plan: CatalogPlan, images: Images, scene: Scene) -> Measured:
    """Detect and measure what changed, of a scene whose pairs are not merged.

    A change is that of a point: its PSF flux is the change itself. Noise belongs to seed, visit
    and detector.
    """
    visit = int(images.visit["visit"])
    dice = [
        generator(plan.seed, Stream.CATALOG_DIA, visit, int(detector))
        for detector in images.detector
    ]
    dipoles = _dipoles(plan, scene, dice)
    changed = np.flatnonzero(scene.change)
    scene = scene.take(changed)
    error = psf_error(images.at(scene.slot), scene.counts)
    scene = scene.take(np.flatnonzero(np.abs(scene.change) > POSSIBLE * error)).join(dipoles)
    error = difference_error(images.at(scene.slot), scene.counts)
    noise = draw(dice, scene.slot, _four)
    flux = scene.change + error * noise[0]
    found = np.flatnonzero(np.abs(flux) >= THRESHOLD * error)
    return _tabulate(images, scene.take(found), flux[found], error[found], noise[1:, found])


def _four(rng: np.random.Generator, n: int) -> Floats:
    return rng.standard_normal((4, n))


def _dipoles(plan: CatalogPlan, scene: Scene, dice: Sequence[np.random.Generator]) -> Scene:
    """Return dipoles of some bright stars, as many as there are other false detections."""
    bright = np.flatnonzero(scene.counts > DIPOLE_BRIGHTNESS)
    chosen, flux = [], []
    for rng, (first, last) in zip(dice, bounds(scene.slot.take(bright), len(dice)), strict=True):
        number = int(rng.poisson(plan.spurious)) if last > first else 0
        u = rng.random((2, number))
        chosen.append(first + (u[0] * (last - first)).astype(np.int64))
        flux.append(DIPOLE_FLUX * (2.0 * u[1] - 1.0))
    dipoles = scene.take(bright[np.concatenate(chosen)])
    change = np.concatenate(flux) * dipoles.counts
    return replace(dipoles, change=change, truthId=np.full(len(change), DIPOLE))


def _tabulate(images: Images, scene: Scene, flux: Floats, error: Floats, noise: Floats) -> Measured:
    """Return the columns of detected differences; noise of unit width, shape (3, n)."""
    n, slot, conditions = len(flux), scene.slot, images.at(scene.slot)
    ids = source_ids(images, slot)
    total = scene.counts + 2.0 * conditions.psfArea * conditions.variance
    scale = np.sqrt(np.minimum(total / scene.change**2, 1.0))
    pxx, pyy, pxy = conditions.psf
    slope = pxy / np.sqrt(pxx)
    x = scene.x + scale * np.sqrt(pxx) * noise[0]
    y = scene.y + scale * (slope * noise[0] + np.sqrt(pyy - slope**2) * noise[1])
    ra, dec = images.to_sky(x, y, slot)
    science_error = psf_error(conditions, scene.counts)
    template_error = np.sqrt(error**2 - science_error**2)
    template = scene.counts - scene.change + template_error * noise[2]
    dipole = scene.truthId == DIPOLE
    bad = near_bad_column(images, scene)
    source: Columns = {
        "diaSourceId": ids,
        "visit": np.full(n, images.visit["visit"], np.int64),
        "detector": spread(images.detector.astype(np.int32), slot),
        "ra": ra,
        "dec": dec,
        "x": x,
        "y": y,
        "xErr": (scale * np.sqrt(pxx)).astype(np.float32),
        "yErr": (scale * np.sqrt(pyy)).astype(np.float32),
        "x_y_Cov": (scale**2 * pxy).astype(np.float32),
        "centroid_flag": np.zeros(n, bool),
        "psfInstFlux": flux,
        "psfInstFluxErr": error,
        "psfInstFlux_flag": np.zeros(n, bool),
        "scienceInstFlux": template + flux,
        "scienceInstFluxErr": science_error,
        "templateInstFlux": template,
        "templateInstFluxErr": template_error,
        "shape_flag": np.zeros(n, bool),
        "snr": (np.abs(flux) / error).astype(np.float32),
        "isNegative": flux < 0.0,
        "isDipole": dipole,
        "dipoleFitAttempted": dipole,
        "pixelFlags_edge": beyond_edge(x, y) > -EDGE,
        "pixelFlags_saturated": np.zeros(n, bool),
        "pixelFlags_bad": bad,
        "pixelFlags_cr": np.zeros(n, bool),
        "pixelFlags_interpolated": bad,
        "pixelFlags_suspect": np.zeros(n, bool),
    }
    truth: Columns = {
        "diaSourceId": ids,
        "truthId": scene.truthId,
        "x": scene.x,
        "y": scene.y,
        "change": scene.change,
    }
    return Measured(source, truth)
