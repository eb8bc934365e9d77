"""Aperture photometry in circles, neighbours left out (LDM-151 8.6.2.4)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import sep
from scipy import ndimage
from scipy.spatial import cKDTree

from skytract.pipelines.exposure import UNUSABLE, Columns, Exposure, Floats

RADII = (3, 6, 9, 12, 17, 25, 35, 50, 70)
"""Radii [pixel] of the aperture columns."""
REFERENCE_RADIUS = 12
"""The aperture that defines total flux: PSF fluxes are corrected to it."""


def measure_apertures(
    exposure: Exposure,
    x: Floats,
    y: Floats,
    segmentation: npt.NDArray[np.int32] | None = None,
    ids: npt.NDArray[np.int32] | None = None,
    radii: Sequence[int] = RADII,
) -> Columns:
    """Sum the light within circles, with exact overlaps of circle and pixel.

    Parameters
    ----------
    exposure : Exposure
        Background-subtracted.
    x, y : ndarray, shape (n,), pixel
    segmentation, ids : optional
        Pixels that belong to other sources count as blank sky.
    radii : sequence of int, pixel

    Returns
    -------
    dict of ndarray, shape (n,)
        `ap<radius>InstFlux` and `...Err` [electron], NaN where the circle reaches beyond the
        image or holds unusable pixels; `apFlux_flag`, True where that is so for the reference
        radius.
    """
    columns: Columns = {}
    room = _room(exposure, x, y)
    neighbours = np.zeros((len(radii), len(x)))
    if segmentation is not None and ids is not None:
        neighbours = _neighbours(exposure, x, y, radii, segmentation, ids)
    for radius, stray in zip(radii, neighbours, strict=True):
        flux, error, _ = sep.sum_circle(
            exposure.image, x, y, radius, var=exposure.variance, subpix=0
        )
        lost = room < radius
        columns[f"ap{radius:02d}InstFlux"] = np.where(lost, np.nan, flux - stray)
        columns[f"ap{radius:02d}InstFluxErr"] = np.where(lost, np.nan, error)
    columns["apFlux_flag"] = room < REFERENCE_RADIUS
    return columns


def _room(exposure: Exposure, x: Floats, y: Floats) -> Floats:
    """Radius of the largest circle of usable pixels within the image, shape (n,), pixel."""
    ny, nx = exposure.shape
    border = np.minimum.reduce([x + 0.5, y + 0.5, nx - 0.5 - x, ny - 0.5 - y])
    rows, columns = np.nonzero(exposure.flagged(UNUSABLE))
    if not len(rows):
        return np.asarray(border)
    tree = cKDTree(np.stack([columns, rows], axis=1))
    _, nearest = tree.query(np.stack([x, y], axis=1))
    dx = np.maximum(np.abs(x - columns[nearest]) - 0.5, 0.0)
    dy = np.maximum(np.abs(y - rows[nearest]) - 0.5, 0.0)
    return np.asarray(np.minimum(border, np.hypot(dx, dy)))


def _neighbours(
    exposure: Exposure,
    x: Floats,
    y: Floats,
    radii: Sequence[int],
    segmentation: npt.NDArray[np.int32],
    ids: npt.NDArray[np.int32],
) -> Floats:
    """Light within each circle on pixels that belong to other sources, shape (radii, n)."""
    light = np.zeros((len(radii), len(x)))
    for owner, box in enumerate(ndimage.find_objects(segmentation), start=1):
        if box is None:
            continue
        rows, cols = box
        own = np.where(segmentation[box] == owner, exposure.image[box], np.float32(0))
        beside_x = np.maximum(cols.start - x, x - cols.stop)
        beside_y = np.maximum(rows.start - y, y - rows.stop)
        beside = np.where(ids == owner, np.inf, np.maximum(beside_x, beside_y))
        for k, radius in enumerate(radii):
            near = np.flatnonzero(beside < radius + 1)
            if len(near):
                where = (x[near] - cols.start, y[near] - rows.start)
                light[k, near] += sep.sum_circle(own, *where, radius, subpix=0)[0]
    return light
