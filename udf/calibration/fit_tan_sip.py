"""TAN-SIP world coordinates through positions of a grid of pixels: any smooth WCS, for FITS."""

import numpy as np
from numpy.typing import NDArray

from skytract.udf.calibration.tan_sip import TanSip
from skytract.udf.calibration.tangent_plane import project

Floats = NDArray[np.float64]


def grid(order: int) -> tuple[Floats, Floats]:
    """Return places from -1 to 1 all over a detector, shape (n,): Chebyshev's points.

    Enough of them for polynomials of an order, and an odd number along either axis, so that one
    lies in the middle.

    Examples
    --------
    >>> [len(grid(order)[0]) for order in (3, 4, 5, 9)]
    [25, 49, 49, 121]
    """
    side = order // 2 * 2 + 3
    nodes = np.cos(np.pi * (np.arange(side) + 0.5) / side)
    u, v = np.meshgrid(nodes, nodes, indexing="ij")
    return u.ravel(), v.ravel()


def grid_pixels(size: Floats, order: int) -> tuple[Floats, Floats]:
    """Return the zero-based pixels x, y of `grid`, shape (m, n), of detectors (m, 2)."""
    u, v = grid(order)
    return tuple(((1.0 + w) * s[:, None] - 1.0) / 2.0 for w, s in zip((u, v), size.T, strict=True))


def fit_tan_sip(size: Floats, ra: Floats, dec: Floats, order: int) -> TanSip:
    """Fit world coordinate systems that touch the sky at the middle of their detectors.

    Parameters
    ----------
    size
        Columns and rows of m detectors [px], shape (m, 2).
    ra, dec
        Positions [deg] of the pixels of `grid` for this order, shape (m, n).
    order
        Order of the SIP distortion, 2 or more.

    Returns
    -------
    TanSip
        With them, the middle of the detector keeps its position exactly.
    """
    u, v = grid(order)
    p, q = np.divmod(np.arange((order + 1) ** 2), order + 1)
    used = (p + q > 0) & (p + q <= order)
    p, q = p[used], q[used]
    middle = len(u) // 2
    ra0, dec0 = ra[:, middle], dec[:, middle]
    plane = project(ra, dec, ra0[:, None], dec0[:, None])
    fit = np.einsum("kg,cmg->mck", np.linalg.pinv(u[:, None] ** p * v[:, None] ** q), plane)
    half = size / 2.0
    fit /= (half[:, :1] ** p * half[:, 1:] ** q)[:, None, :]
    linear = [
        int(np.flatnonzero((p == 1) & (q == 0))[0]),
        int(np.flatnonzero((p == 0) & (q == 1))[0]),
    ]
    cd = fit[:, :, linear]
    sip = np.linalg.inv(cd) @ fit
    sip[:, :, linear] = 0.0
    square = np.zeros((len(size), 2, order + 1, order + 1))
    square[:, :, p, q] = sip
    return TanSip((size + 1.0) / 2.0, np.stack([ra0, dec0], axis=1), cd, square[:, 0], square[:, 1])
