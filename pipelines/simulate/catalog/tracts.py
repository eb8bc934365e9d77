"""The tessellation of coadds: tracts about HEALPix pixels, square patches that overlap."""

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import PIXEL_SCALE
from skytract.pipelines.simulate.catalog.sky_table import INDEX_ORDER, Indices
from skytract.pipelines.simulate.wcs import TanSip, cd_matrix

TRACT_ORDER = 5
"""A tract is the tangent plane at the centre of a HEALPix pixel (NESTED) of this order, 1.8 deg
wide; that pixel is its inner region, and its number the tract's."""

PATCH, BORDER, PATCHES = 4000, 100, 15
"""Inner side of a patch [px], overlap on every side [px], patches per side of a tract: 3.3 deg,
more than the diagonal of a pixel."""

Floats = NDArray[np.float64]


def tract_wcs(tract: int) -> TanSip:
    """Return the projection of a tract: north up, 0.2 arcsec/px, without distortion."""
    ra, dec = healpy.pix2ang(1 << TRACT_ORDER, tract, nest=True, lonlat=True)
    middle = (PATCHES * PATCH - 1) / 2.0
    return TanSip(float(ra), float(dec), (middle, middle), cd_matrix(PIXEL_SCALE, 0.0), 0.0)


def tract_of(ra: Floats, dec: Floats) -> Indices:
    """Return the tract whose inner region holds positions [deg], shape (n,)."""
    return np.asarray(healpy.ang2pix(1 << TRACT_ORDER, ra, dec, nest=True, lonlat=True))


def patch_of(x: Floats, y: Floats) -> Indices:
    """Return the patch whose inner region holds pixels of a tract, shape (n,); -1 outside."""
    column, row = np.floor((np.stack([x, y]) + 0.5) / PATCH).astype(np.int64)
    inside = (np.minimum(column, row) >= 0) & (np.maximum(column, row) < PATCHES)
    return np.where(inside, row * PATCHES + column, -1)


def beyond_patch(patch: int, x: Floats, y: Floats) -> Floats:
    """Return how far pixels of a tract lie beyond the inner region of a patch [px], shape (n,)."""
    row, column = divmod(patch, PATCHES)
    half = PATCH / 2.0
    middle_x, middle_y = column * PATCH + half - 0.5, row * PATCH + half - 0.5
    return np.maximum(np.abs(x - middle_x), np.abs(y - middle_y)) - half


def patch_centre(tract: int, patch: int) -> Floats:
    """Return the ICRS position of the middle of a patch [deg], shape (2,)."""
    row, column = divmod(patch, PATCHES)
    at = np.array([[column + 0.5], [row + 0.5]]) * PATCH - 0.5
    return np.concatenate(tract_wcs(tract).to_sky(*at))


def patches_over(cells: Indices) -> list[tuple[int, int]]:
    """Return the tracts and patches, sorted, whose inner regions touch cells of INDEX_ORDER."""
    if not len(cells):
        return []
    vectors = [
        np.asarray(healpy.boundaries(1 << INDEX_ORDER, cells, step=1, nest=True)),
        np.asarray(healpy.pix2vec(1 << INDEX_ORDER, cells, nest=True)).T[:, :, None],
    ]
    points = np.concatenate(vectors, axis=2)
    lon = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360.0
    lat = np.degrees(np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1])))
    tracts, found = cells >> 2 * (INDEX_ORDER - TRACT_ORDER), set()
    for tract in np.unique(tracts):
        mine = tracts == tract
        x, y = tract_wcs(int(tract)).to_pixels(lon[mine].ravel(), lat[mine].ravel())
        found |= {(int(tract), int(patch)) for patch in np.unique(patch_of(x, y)) if patch >= 0}
    return sorted(found)
