"""Flags of sources: what is saturated, at the edge, on a bad column, hit by a cosmic ray."""

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.by_detector import bounds, spread
from skytract.pipelines.simulate.catalog.camera import beyond_edge
from skytract.pipelines.simulate.catalog.false_detections import COSMIC_RAY
from skytract.pipelines.simulate.catalog.images import Images
from skytract.pipelines.simulate.catalog.noise import APERTURE, Expected, root_of_determinant
from skytract.pipelines.simulate.catalog.scene import Scene

FULL_WELL, SUSPECT = 100_000.0, 75_000.0
"""Electrons in a pixel from which it is saturated, or in the non-linear range."""

EDGE = 8.0
"""Footprints nearer to the edge touch it [px]."""


def raise_flags(
    images: Images, scene: Scene, expected: Expected, hit: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Return the columns of flags; what is saturated has no reliable flux, place or shape."""
    peak = scene.counts.astype(np.float32)
    peak /= root_of_determinant(expected.xx, expected.yy, expected.xy)
    peak /= 2.0 * pi
    peak += spread(images.skyBg.astype(np.float32), scene.slot)
    saturated, hit = peak > FULL_WELL, hit | (scene.truthId == COSMIC_RAY)
    off = beyond_edge(scene.x.astype(np.float32), scene.y.astype(np.float32))
    bad = near_bad_column(images, scene)
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


def near_bad_column(images: Images, scene: Scene) -> NDArray[np.bool_]:
    """Tell which places are within 3 px of a defective column of their detector."""
    near = [np.zeros(0, bool)]
    edges = bounds(scene.slot, len(images.detector))
    for columns, (first, last) in zip(images.badColumns.tolist(), edges, strict=True):
        x = scene.x[first:last].astype(np.float32)
        near.append(np.logical_or.reduce([np.abs(x - column) < 3.0 for column in columns]))
    return np.concatenate(near)
