"""SelectStars: bright, isolated, whole sources of the most common size (LDM-151 5.1.1.14)."""

import numpy as np
import numpy.typing as npt

from skytract.pipelines.detect_sources import Detections
from skytract.pipelines.exposure import BoolArray, Exposure, Floats
from skytract.pipelines.measure_centroids import Centroids
from skytract.pipelines.measure_pixel_flags import FLAG_PLANES, measure_pixel_flags
from skytract.pipelines.measure_shapes import Shapes
from skytract.pipelines.stamps import Stamps

MIN_SNR = 25.0
"""Gaussian flux over its error; fainter sources do not tell their size."""
MIN_SIZE = 0.7
"""Sources narrower than this sigma [pixel] are cosmic rays, or stars no camera resolves."""
MIN_STARS = 3
"""Fewer stars than this cannot outvote a galaxy among them."""
MAX_STARS = 30
"""The brightest so many are used."""
SIZE_TOLERANCE = 0.12
"""Largest relative difference of sizes of stars; PSF sizes vary less over a detector."""
CORE_SHARE = 0.7
"""The part of the stamp's half-width in which every pixel must be good."""


def find_candidates(
    exposure: Exposure,
    detections: Detections,
    centroids: Centroids,
    shapes: Shapes,
    stamps: Stamps,
) -> npt.NDArray[np.int64]:
    """Find the sources that could be stars: bright, whole, alone, and no cosmic rays.

    Parameters
    ----------
    exposure, detections
    centroids, shapes, stamps
        Of all n detections.

    Returns
    -------
    ndarray of int, shape (m,)
        Rows of the candidates, brightest first.
    """
    with np.errstate(invalid="ignore"):
        bright = shapes.flux > MIN_SNR * shapes.flux_err
        wide = star_sizes(shapes) > MIN_SIZE
    good = bright & wide & ~shapes.flag & ~centroids.flag & _whole(exposure, detections, stamps)
    candidates = np.flatnonzero(good)
    return candidates[np.argsort(-shapes.flux[candidates], kind="stable")]


def star_sizes(shapes: Shapes) -> Floats:
    """Square root of half the trace of the moments [pixel], shape (n,)."""
    return np.sqrt(0.5 * (shapes.ixx + shapes.iyy))


def select_stars(candidates: npt.NDArray[np.int64], shapes: Shapes) -> npt.NDArray[np.int64]:
    """Keep the compact end of the candidates: stars share a size, galaxies are wider.

    The size of stars is the smallest one shared, to `SIZE_TOLERANCE`, by at least half as many
    candidates as any other, and by no fewer than three.

    Parameters
    ----------
    candidates : ndarray of int, shape (m,)
        Brightest first.
    shapes : Shapes
        Of all detections.

    Returns
    -------
    ndarray of int
        At most `MAX_STARS` rows; empty if no three candidates share a size.
    """
    size = star_sizes(shapes)[candidates]
    ordered = np.sort(size)
    upper = np.searchsorted(ordered, ordered * (1 + SIZE_TOLERANCE), side="right")
    shared = upper - np.arange(len(ordered))
    if not (shared >= MIN_STARS).any():
        return candidates[:0]
    first = int(np.argmax(shared >= max(MIN_STARS, 0.5 * shared.max())))
    middle = np.median(ordered[first : upper[first]])
    return candidates[np.abs(size / middle - 1.0) <= SIZE_TOLERANCE][:MAX_STARS]


def _whole(exposure: Exposure, detections: Detections, stamps: Stamps) -> BoolArray:
    """Find sources without a flagged pixel, a neighbour in their core, cut by the border."""
    where = (detections.x, detections.y)
    flags = measure_pixel_flags(exposure, *where, detections.segmentation)
    flagged = np.logical_or.reduce([flags[name] for name in FLAG_PLANES])
    radius = CORE_SHARE * stamps.half
    grid = np.arange(-stamps.half, stamps.half + 1)
    core = np.hypot(grid[:, np.newaxis], grid) <= radius
    clear = stamps.good[:, core].all(axis=1)
    return np.asarray(clear & ~flagged & ~detections.truncated)
