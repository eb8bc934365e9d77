"""ForcedSources: the flux at the places of known objects, whether or not they are seen there."""

import numpy as np

from skytract.pipelines.simulate.catalog.camera import beyond_edge
from skytract.pipelines.simulate.catalog.dia_sources import difference_error
from skytract.pipelines.simulate.catalog.images import Image
from skytract.pipelines.simulate.catalog.noise import psf_error, psf_fraction
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.positions import on_plane
from skytract.pipelines.simulate.catalog.scene import Scene
from skytract.pipelines.simulate.catalog.sky_table import SkyTable
from skytract.pipelines.simulate.catalog.sources import (
    EDGE,
    FULL_WELL,
    Columns,
    near_bad_column,
)
from skytract.pipelines.simulate.objects import flux_of_magnitude
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.sites import tangent_axes


def force(plan: CatalogPlan, image: Image, scene: Scene, sky: SkyTable) -> Columns:
    """Return the columns of raw.ForcedSource for a scene with merged pairs.

    Forced are the objects brighter than `forcedFaintest` in r, at their positions at EPOCH_MJD, so
    that motion takes light away: exp(-d^2 / 4 sigma^2) at a distance d. `objectId` is the truthId,
    which is what an object's id is: the HEALPix index of a position.
    """
    row, limit = scene.row, flux_of_magnitude(np.float64(plan.forcedFaintest))
    total = sky.targets.flux.take(row) + sky.targets.companionFlux.take(row)
    scene = scene.take(np.flatnonzero((total >= limit) & (row >= 0)))
    objects, n = sky.objects.take(scene.row), len(scene.x)
    rng = generator(plan.seed, Stream.CATALOG_FORCED, int(image.visit["visit"]), image.detector)
    noise = rng.standard_normal((2, n), dtype=np.float32)
    axes = tangent_axes(image.wcs.ra, image.wcs.dec)
    plane = on_plane(axes @ sky.targets.vector.take(scene.row, axis=0).T)
    x, y = image.wcs.plane_to_pixels(plane)
    apart = (x - scene.x) ** 2 + (y - scene.y) ** 2
    missed = np.exp(-apart / (4.0 * image.psfSigma**2))
    flux = scene.counts * psf_fraction(scene, image) * missed
    error, change_error = psf_error(image, flux), difference_error(image, scene.counts)
    width = np.sqrt((scene.xx + image.psf[0]) * (scene.yy + image.psf[1]))
    saturated = image.skyBg + scene.counts / (2.0 * np.pi * width) > FULL_WELL
    bad = near_bad_column(image, scene.x)
    return {
        "objectId": scene.truthId,
        "visit": np.full(n, image.visit["visit"], np.int64),
        "detector": np.full(n, image.detector, np.int32),
        "ra": np.ascontiguousarray(objects["ra"]),
        "dec": np.ascontiguousarray(objects["dec"]),
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
