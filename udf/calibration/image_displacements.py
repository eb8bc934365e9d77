"""Images of a joint astrometric fit: the model of their displacements, and the WCS it gives."""

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.displacement_model import DisplacementModel, Widths
from skytract.udf.calibration.fit_tan_sip import fit_tan_sip, grid, grid_pixels
from skytract.udf.calibration.legendre import legendre
from skytract.udf.calibration.pixel_to_sky import positions
from skytract.udf.calibration.side_by_side import side_by_side
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import MAS, displaced, project

Floats = NDArray[np.float64]

CHUNK = 1 << 9
"""Images whose grids are worked on at a time."""


def displacement_model(
    wcs: TanSip, images: NDArray[Any], visits: NDArray[Any], widths: Widths
) -> DisplacementModel:
    """Return the model of the images' displacements.

    Parameters
    ----------
    wcs
        World coordinates that the m images start from.
    images, visits
        `IMAGE` and `VISIT`.
    widths
        Orders of the polynomials.
    """
    highest = max(widths.order, widths.visit_order, 2) + 1
    size, (u, v) = sizes(images), grid(highest)
    m, n = len(size), len(u)
    field = np.empty((2, m, n))

    def project_to(which: NDArray[np.int64]) -> None:
        x, y = grid_pixels(size[which], highest)
        (ra, dec), _ = positions(wcs, np.repeat(which, n), x.ravel(), y.ravel())
        visit = visits[images["visit"][which]]
        centre = visit["ra"][:, None], visit["dec"][:, None]
        field[:, which] = project(ra.reshape(x.shape), dec.reshape(x.shape), *centre)

    side_by_side(project_to, _chunks(m))
    linear = np.linalg.pinv(np.stack([np.ones(n), u, v, u * u, u * v, v * v], axis=1))[1:3]
    by_pixel = np.einsum("kg,cmg->mck", linear, field) / (size[:, None, :] / 2.0)
    across, inverse = np.abs(field).max(), np.linalg.pinv(legendre(widths.order, u, v))

    def restrict_to(which: NDArray[np.int64]) -> Floats:
        along = legendre(widths.visit_order, *(field[:, which] / across).reshape(2, -1))
        return np.asarray(inverse @ along.reshape(len(which), n, -1))

    restrict = np.concatenate(side_by_side(restrict_to, _chunks(m)))
    scale = float(MAS * np.sqrt(np.abs(np.linalg.det(by_pixel))).mean())
    to_pixel = np.linalg.inv(MAS * by_pixel)
    return DisplacementModel(widths, images["detector"], images["visit"], scale, to_pixel, restrict)


def displaced_wcs(wcs: TanSip, size: Floats, polynomials: Floats, order: int) -> TanSip:
    """Return TAN-SIP world coordinates with the displacements in them.

    Parameters
    ----------
    wcs
        World coordinates that were displaced.
    size
        Columns and rows of the m images [px], shape (m, 2).
    polynomials
        Displacements [px] in terms of `legendre` of an order, shape (m, K, 2).
    """
    most = max(order, wcs.a.shape[1] - 1, 3) + 1
    terms = legendre(order, *grid(most))

    def displace(which: NDArray[np.int64]) -> TanSip:
        x, y = grid_pixels(size[which], most)
        shape, each = x.shape, np.repeat(which, x.shape[1])
        (ra, dec), to_sky = positions(wcs, each, x.ravel(), y.ravel())
        pixels = np.einsum("gk,mkc->cmg", terms, polynomials[which])
        moved = MAS * np.einsum("dcmg,cmg->dmg", to_sky.reshape(2, 2, *shape), pixels)
        ra, dec = displaced(ra.reshape(shape), dec.reshape(shape), *moved)
        return fit_tan_sip(size[which], ra, dec, most)

    made = side_by_side(displace, _chunks(len(size)))
    return TanSip(*(np.concatenate([getattr(w, f.name) for w in made]) for f in fields(TanSip)))


def _chunks(images: int) -> list[NDArray[np.int64]]:
    """Return numbers of images, `CHUNK` at a time."""
    return [np.arange(start, min(start + CHUNK, images)) for start in range(0, images, CHUNK)]


def sizes(images: NDArray[Any]) -> Floats:
    """Return columns and rows of the images [px], shape (m, 2)."""
    return np.stack([images["nx"], images["ny"]], axis=1).astype(float)
