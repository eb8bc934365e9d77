"""Coadds: CoaddSource and ObjectMeasurement of one patch, without pixels."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.blends import swallowed
from skytract.pipelines.simulate.catalog.camera import PIXEL_SCALE
from skytract.pipelines.simulate.catalog.coadd_bands import (
    Patch,
    best_places,
    coadd_source,
    measure_band,
    object_measurements,
)
from skytract.pipelines.simulate.catalog.depth import Depth, cover
from skytract.pipelines.simulate.catalog.observe import Survey
from skytract.pipelines.simulate.catalog.scene import BLEND_RADIUS, Scene
from skytract.pipelines.simulate.catalog.targets import moments_to_pixels
from skytract.pipelines.simulate.catalog.tracts import (
    BORDER,
    PATCH,
    PATCHES,
    beyond_patch,
    patch_centre,
    tract_wcs,
)
from skytract.pipelines.simulate.catalog.write import open_writer
from skytract.pipelines.simulate.objects import BANDS, is_kind
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.sites import unit_vectors
from skytract.pipelines.simulate.templates import standard_fluxes

TRUTH_MEASUREMENT = pa.schema(
    {"measurementId": pa.int64(), "truthId": pa.int64(), "members": pa.int16()}
)
"""Truth of an ObjectMeasurement: its brightest object, and how many are seen as one; a CoaddSource
has coaddSourceId = 8 measurementId + band."""

Floats = NDArray[np.float64]


def measure_patch(
    survey: Survey, depth: Depth, place: tuple[int, int], out: Path
) -> dict[str, int]:
    """Write CoaddSource and ObjectMeasurement of a tract and patch, with their truth.

    Objects have their mean fluxes in the standard passbands; transients and what moves have left
    no trace. The noise belongs to seed, tract and patch.

    Returns
    -------
    dict
        Rows per kind; none if no image covers the patch.
    """
    patch = _look(survey, depth, *place)
    if patch is None:
        return {}
    rng = generator(survey.plan.seed, Stream.CATALOG_COADD, *place)
    noise = rng.standard_normal((len(BANDS), 4, len(patch.scene.x)))
    there = np.flatnonzero(patch.cover.images.any(axis=1))
    bands = [measure_band(patch, int(band), noise[band]) for band in there]
    found = np.any([band.detected for band in bands], axis=0)
    if not found.any():
        return {}
    tract, number = place
    ids = np.full(len(found), -1)
    ids[found] = ((tract * PATCHES**2 + number) << 20) + np.arange(np.count_nonzero(found))
    best = best_places(bands)
    folder = out / f"tract_{tract}"
    folder.mkdir(exist_ok=True)
    rows = {}
    with open_writer(folder / f"CoaddSource_{number}.parquet", "CoaddSource") as writer:
        for band in bands:
            if band.detected.any():
                writer.add(coadd_source(band, ids, place, np.flatnonzero(band.detected)))
    rows["CoaddSource"] = writer.rows
    with open_writer(folder / f"ObjectMeasurement_{number}.parquet", "ObjectMeasurement") as writer:
        for band in bands:
            wanted = np.flatnonzero(found & band.covered)
            images = patch.cover.images[band.band]
            for part in object_measurements(band, bands, best, ids, place, wanted, images):
                writer.add(part)
    rows["ObjectMeasurement"] = writer.rows
    path = out / "truth" / f"TruthObjectMeasurement_{tract}_{number}.parquet"
    with open_writer(path, "TruthObjectMeasurement", TRUTH_MEASUREMENT) as writer:
        writer.add(
            {
                "measurementId": ids[found],
                "truthId": patch.scene.truthId[found],
                "members": patch.scene.members[found],
            }
        )
    return rows


def _look(survey: Survey, depth: Depth, tract: int, number: int) -> Patch | None:
    """Return what is on a patch; None if no image covers any of it."""
    wcs, sky = tract_wcs(tract), survey.sky
    centre = unit_vectors(*patch_centre(tract, number))
    radius = float(np.radians((PATCH / 2.0 + BORDER) * np.sqrt(2.0) * PIXEL_SCALE / 3600.0))
    rows = sky.rows_near(centre, radius)
    objects = sky.objects.take(rows)
    x, y = wcs.to_pixels(objects["ra"], objects["dec"])
    here = (beyond_patch(number, x, y) < BORDER) & ~is_kind(objects, "transient")
    rows, x, y = rows[here], x[here], y[here]
    covering = cover(depth, sky.targets.vector.take(rows, axis=0), centre, radius)
    covered = covering.images.any(axis=0)
    if not covered.any():
        return None
    objects = sky.objects.take(rows)
    flux = standard_fluxes(objects, survey.spectra.ratios)
    band = int(np.argmax(covering.images.sum(axis=1)))
    sigma = covering.psfSigma[band]
    owner = swallowed(x, y, flux[:, band], BLEND_RADIUS * np.sqrt(8.0 * np.log(2.0)) * sigma)
    total = np.zeros_like(flux)
    np.add.at(total, owner, flux)
    members = np.bincount(owner, minlength=len(owner)).astype(np.int16)
    none = np.zeros(len(x))
    xx, yy, xy = moments_to_pixels(wcs.to_pixel) @ sky.targets.size.take(rows, axis=0).T
    truth_id = np.ascontiguousarray(objects["truthId"])
    slot = np.zeros(len(x), np.int64)
    scene = Scene(slot, rows, truth_id, x, y, none, none, xx, yy, xy, members)
    keep = np.flatnonzero((owner == np.arange(len(owner))) & covered)
    kept = covering.take(keep)
    return Patch(scene.take(keep), total[keep], kept)
