"""DiaSources: what differs from the template beyond the noise, and dipoles of bright stars."""

import numpy as np

from skytract.pipelines.simulate.catalog.camera import beyond_edge
from skytract.pipelines.simulate.catalog.false_detections import DIPOLE
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.catalog.noise import psf_error
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.catalog.sources import (
    EDGE,
    THRESHOLD,
    Columns,
    Floats,
    Measured,
    near_bad_column,
    source_ids,
)
from skytract.pipelines.simulate.randoms import Stream, generator

TEMPLATE_VISITS = 10.0
"""Visits in a template: its noise is that of one over the square root of this."""

DIPOLE_BRIGHTNESS, DIPOLE_FLUX = 3e4, 0.01
"""Electrons from which a star may leave a dipole; part of its flux in each lobe, at the most."""

POSSIBLE = 1.0
"""Change in units of its error below which nothing is detected (4 sigma chances are left out)."""


def difference_error(image: Image, counts: Floats) -> Floats:
    """Return the error of differences to the template [e-] at places with so many electrons."""
    template = psf_error(image, counts) ** 2 / TEMPLATE_VISITS
    return np.asarray(np.sqrt(psf_error(image, counts) ** 2 + template))


def measure_differences(plan: CatalogPlan, image: Image, scene: Scene) -> Measured:
    """Detect and measure what changed, of a scene whose pairs are not merged.

    A change is that of a point: its PSF flux is the change itself. Noise belongs to seed, visit
    and detector.
    """
    key = int(image.visit["visit"]), image.detector
    rng = generator(plan.seed, Stream.CATALOG_DIA, *key)
    dipoles = _dipoles(plan, scene, rng)
    changed = np.flatnonzero(np.abs(scene.change) > POSSIBLE * psf_error(image, scene.counts))
    scene = scene.take(changed).join(dipoles)
    error = difference_error(image, scene.counts)
    noise = rng.standard_normal((4, len(error)))
    flux = scene.change + error * noise[0]
    found = np.flatnonzero(np.abs(flux) >= THRESHOLD * error)
    return _tabulate(image, scene.take(found), flux[found], error[found], noise[1:, found])


def _dipoles(plan: CatalogPlan, scene: Scene, rng: np.random.Generator) -> Scene:
    """Return dipoles of some bright stars, as many as there are other false detections."""
    bright = np.flatnonzero(scene.counts > DIPOLE_BRIGHTNESS)
    number = int(rng.poisson(plan.spurious)) if len(bright) else 0
    u = rng.random((2, number))
    chosen = scene.take(bright[(u[0] * len(bright)).astype(np.int64)])
    values = {name: getattr(chosen, name) for name in vars(chosen)}
    values["change"] = DIPOLE_FLUX * (2.0 * u[1] - 1.0) * chosen.counts
    values["truthId"] = np.full(number, DIPOLE)
    return Scene(**values)


def _tabulate(image: Image, scene: Scene, flux: Floats, error: Floats, noise: Floats) -> Measured:
    """Return the columns of detected differences; noise of unit width, shape (3, n)."""
    n = len(flux)
    ids = source_ids(image, n)
    spread = (scene.counts + 2.0 * image.psfArea * image.variance) / scene.change**2
    scale = np.sqrt(np.minimum(spread, 1.0))
    pxx, pyy, pxy = image.psf
    slope = pxy / np.sqrt(pxx)
    x = scene.x + scale * np.sqrt(pxx) * noise[0]
    y = scene.y + scale * (slope * noise[0] + np.sqrt(pyy - slope**2) * noise[1])
    ra, dec = image.wcs.to_sky(x, y)
    science_error = psf_error(image, scene.counts)
    template_error = np.sqrt(error**2 - science_error**2)
    template = scene.counts - scene.change + template_error * noise[2]
    dipole = scene.truthId == DIPOLE
    bad = near_bad_column(image, scene.x)
    source: Columns = {
        "diaSourceId": ids,
        "visit": np.full(n, image.visit["visit"], np.int64),
        "detector": np.full(n, image.detector, np.int32),
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
