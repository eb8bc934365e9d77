"""The outline of a detector on the sky."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from skytract.udf.calibration.pixel_to_sky import pixel_to_sky

STEPS = 4
"""Vertices per side: distortion bends the sides."""


def detector_outline(
    nx: int,
    ny: int,
    crpix: Sequence[float],
    crval: Sequence[float],
    cd: Sequence[float],
    sip_a: ArrayLike,
    sip_b: ArrayLike,
) -> list[float]:
    """Return the outline of a detector by its TAN-SIP world coordinate system.

    Parameters
    ----------
    nx, ny : int
        Columns and rows; the outline runs along the outer edges of the outermost pixels.
    crpix, crval, cd, sip_a, sip_b : sequences of float
        As `pixel_to_sky` takes them.

    Returns
    -------
    list of float, length 8 * STEPS
        ra, dec, ra, dec, ... [deg] of points around it.

    Examples
    --------
    >>> outline = detector_outline(
    ...     1000, 2000, [500.5, 1000.5], [30, 0], [1e-4, 0, 0, 1e-4], [], []
    ... )
    >>> round(min(outline[::2]), 4), round(max(outline[1::2]), 4)
    (29.95, 0.1)
    """
    step = np.arange(STEPS) / STEPS
    x = np.concatenate([step, np.ones(STEPS), 1.0 - step, np.zeros(STEPS)]) * nx - 0.5
    y = np.concatenate([np.zeros(STEPS), step, np.ones(STEPS), 1.0 - step]) * ny - 0.5
    none = np.zeros(x.size)
    ra, dec, *_ = pixel_to_sky(x, y, none, none, none, crpix, crval, cd, sip_a, sip_b)
    return [angle for vertex in zip(ra, dec, strict=True) for angle in vertex]
