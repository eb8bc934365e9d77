"""Images of a joint astrometric fit: the model of their displacements, and the WCS it gives."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.displacement_model import DisplacementModel, Widths
from skytract.udf.calibration.fit_tan_sip import fit_tan_sip, grid, grid_pixels
from skytract.udf.calibration.legendre import legendre
from skytract.udf.calibration.pixel_to_sky import positions
from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import MAS, displaced, project

Floats = NDArray[np.float64]


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
    size = sizes(images)
    (x, y), (u, v) = grid_pixels(size), grid()
    m, n = x.shape
    which = np.repeat(np.arange(m), n)
    (ra, dec), _ = positions(wcs, which, x.ravel(), y.ravel())
    visit = visits[images["visit"]]
    field = project(
        ra.reshape(m, n), dec.reshape(m, n), visit["ra"][:, None], visit["dec"][:, None]
    )
    linear = np.linalg.pinv(np.stack([np.ones(n), u, v, u * u, u * v, v * v], axis=1))[1:3]
    by_pixel = np.einsum("kg,cmg->mck", linear, field) / (size[:, None, :] / 2.0)
    across = np.abs(field).max()
    along = legendre(widths.visit_order, *(field / across).reshape(2, -1)).reshape(m, n, -1)
    restrict = np.linalg.pinv(legendre(widths.order, u, v)) @ along
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
    (x, y), (u, v) = grid_pixels(size), grid()
    m, n = x.shape
    (ra, dec), to_sky = positions(wcs, np.repeat(np.arange(m), n), x.ravel(), y.ravel())
    pixels = np.einsum("gk,mkc->cmg", legendre(order, u, v), polynomials)
    moved = MAS * np.einsum("dcmg,cmg->dmg", to_sky.reshape(2, 2, m, n), pixels)
    ra, dec = displaced(ra.reshape(m, n), dec.reshape(m, n), *moved)
    return fit_tan_sip(size, ra, dec, max(order, wcs.a.shape[1] - 1, 3) + 1)


def sizes(images: NDArray[Any]) -> Floats:
    """Return columns and rows of the images [px], shape (m, 2)."""
    return np.stack([images["nx"], images["ny"]], axis=1).astype(float)
