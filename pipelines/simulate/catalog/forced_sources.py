"""ForcedSources: the flux at the places of known objects, whether or not they are seen there."""

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.by_detector import draw, spread
from skytract.pipelines.simulate.catalog.camera import beyond_edge
from skytract.pipelines.simulate.catalog.dia_sources import difference_error
from skytract.pipelines.simulate.catalog.flags import EDGE, FULL_WELL, near_bad_column
from skytract.pipelines.simulate.catalog.images import Images
from skytract.pipelines.simulate.catalog.noise import psf_error, psf_fraction
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.positions import on_plane
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.catalog.sky_table import SkyTable
from skytract.pipelines.simulate.catalog.sources import Columns
from skytract.pipelines.simulate.objects import flux_of_magnitude
from skytract.pipelines.simulate.randoms import Stream, generator


def force(plan: CatalogPlan, images: Images, scene: Scene, sky: SkyTable) -> Columns:
    """Return the columns of raw.ForcedSource for a scene with merged pairs.

    Forced are the objects brighter than `forcedFaintest` in r, at their positions at EPOCH_MJD, so
    that motion takes light away: exp(-d^2 / 4 sigma^2) at a distance d. `objectId` is the truthId,
    which is what an object's id is: the HEALPix index of a position.
    """
    row, limit = scene.row, flux_of_magnitude(np.float64(plan.forcedFaintest))
    total = sky.targets.flux.take(row) + sky.targets.companionFlux.take(row)
    scene = scene.take(np.flatnonzero((total >= limit) & (row >= 0) & (scene.counts > 0.0)))
    n, slot, conditions = len(scene.x), scene.slot, images.at(scene.slot)
    visit = int(images.visit["visit"])
    dice = [
        generator(plan.seed, Stream.CATALOG_FORCED, visit, int(detector))
        for detector in images.detector
    ]
    noise = draw(dice, slot, _two)
    plane = on_plane(images.axes @ sky.targets.vector.take(scene.row, axis=0).T)
    x, y = images.to_pixels(plane, slot)
    apart = (x - scene.x) ** 2 + (y - scene.y) ** 2
    missed = np.exp(-apart / (4.0 * conditions.psfSigma**2))
    flux = scene.counts * psf_fraction(scene, conditions) * missed
    error, change_error = psf_error(conditions, flux), difference_error(conditions, scene.counts)
    width = np.sqrt((scene.xx + conditions.psf[0]) * (scene.yy + conditions.psf[1]))
    saturated = spread(images.skyBg, slot) + scene.counts / (2.0 * np.pi * width) > FULL_WELL
    bad = near_bad_column(images, scene)
    return {
        "objectId": scene.truthId,
        "visit": np.full(n, visit, np.int64),
        "detector": spread(images.detector.astype(np.int32), slot),
        "ra": sky.objects["ra"].take(scene.row),
        "dec": sky.objects["dec"].take(scene.row),
        "x": x,
        "y": y,
        "psfInstFlux": flux + error * noise[0],
        "psfInstFluxErr": error,
        "psfInstFlux_flag": saturated,
        "psfDiffInstFlux": scene.change * missed + change_error * noise[1],
        "psfDiffInstFluxErr": change_error,
        "psfDiffInstFlux_flag": saturated,
        "pixelFlags_edge": beyond_edge(x, y) > -EDGE,
        "pixelFlags_saturated": saturated,
        "pixelFlags_bad": bad,
        "pixelFlags_cr": np.zeros(n, bool),
        "pixelFlags_interpolated": bad | saturated,
        "pixelFlags_suspect": saturated,
    }


def _two(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    return rng.standard_normal((2, n), dtype=np.float32)
