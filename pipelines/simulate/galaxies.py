"""Galaxies: observed counts, redshifts, types, sizes and shapes, a part of them in groups."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.attenuation import RED_EXTINCTION
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.draw_in_order import draw_in_order
from skytract.pipelines.simulate.groups import draw_groups
from skytract.pipelines.simulate.milky_way import total_reddening
from skytract.pipelines.simulate.objects import empty, flux_of_magnitude
from skytract.pipelines.simulate.randoms import Stream
from skytract.pipelines.simulate.redshifts import PRIOR, draw_redshifts
from skytract.pipelines.simulate.templates import templates

Floats = NDArray[np.float64]

BRIGHT = 15.0
"""Brightest r magnitude that is drawn."""

COUNTS = np.array(
    [
        [
            12.0,
            16.0,
            17.77,
            19.67,
            20.19,
            20.71,
            21.23,
            21.73,
            22.22,
            22.71,
            23.19,
            23.66,
            24.13,
            24.60,
            25.06,
            25.53,
            26.00,
            26.47,
            26.95,
            27.45,
            28.0,
        ],
        [
            -1.37,
            1.03,
            2.04,
            3.01,
            3.23,
            3.44,
            3.64,
            3.85,
            4.03,
            4.21,
            4.38,
            4.54,
            4.71,
            4.86,
            4.97,
            5.08,
            5.20,
            5.29,
            5.37,
            5.45,
            5.53,
        ],
    ]
)
"""r and log10 of galaxies per deg^2 and magnitude, without dust. From r = 19.7: the counts in i of
Weaver et al. (2022, table 2), at r = i + (r-i) of 0.42 to 0.22 from bright to faint, extended
beyond i = 26.5; brighter: 92 per deg^2 to r = 17.77 (Strauss et al. 2002), and a Euclidean rise."""

RED_TO_INFRARED = 0.4
"""Typical r-i of a galaxy: the prior below is in i."""

THICKNESS = {"early": 0.6, "spiral": 0.2, "irregular": 0.25}
"""Axis ratio of a galaxy seen edge on."""


def counts(limit: float) -> Floats:
    """Return galaxies per deg^2 in bins of 0.1 mag from BRIGHT to `limit`, dust-free r."""
    middle = np.arange(BRIGHT + 0.05, limit + 0.05 - 1e-9, 0.1)
    return np.asarray(0.1 * 10.0 ** np.interp(middle, *COUNTS))


def draw_galaxies(cell: Cell, limit: float) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Draw the galaxies of a cell, at least all that are brighter than `limit` in r.

    Members of groups may lie outside the cell of their group, at odd indices.

    Returns
    -------
    objects, indices
        Without ids and positions; HEALPix indices of order 29, shape (n,).
    """
    dust = total_reddening(cell.direction)
    dimming = RED_EXTINCTION * dust
    square_degrees = cell.area * np.degrees(1.0) ** 2
    rng = cell.generator(Stream.GALAXIES)
    bins, uniforms = draw_in_order(rng, counts(limit - dimming) * square_degrees, 12)
    magnitude = BRIGHT + 0.1 * (bins + uniforms[:, 0])
    galaxies = empty(len(magnitude), "galaxy")
    galaxies["flux"] = flux_of_magnitude(magnitude + dimming)
    kinds, redshift = draw_redshifts(magnitude - RED_TO_INFRARED, uniforms[:, 1], uniforms[:, 2])
    indices, redshift = draw_groups(cell, magnitude, redshift, uniforms[:, 3:7])
    for kind, name in enumerate(PRIOR):
        rows, grid = np.flatnonzero(kinds == kind), templates().grids[name]
        member = (uniforms[rows, 7] * len(grid.colours)).astype(np.int64)
        galaxies["sed"][rows] = grid.index(member, dust, redshift[rows])
        galaxies["redshift"][rows] = grid.nearest_redshift(redshift[rows])
        galaxies["axisRatio"][rows] = axis_ratio(uniforms[rows, 8], THICKNESS[name])
    galaxies["diskScale"] = scale_length(magnitude - RED_TO_INFRARED, uniforms[:, 9])
    galaxies["positionAngle"] = 180.0 * uniforms[:, 10]
    return galaxies, indices


def scale_length(magnitude: Floats, uniform: Floats) -> Floats:
    """Return exponential scale lengths, arcsec, of galaxies of i magnitudes, shape (n,).

    The median of Miller et al. (2013, appendix B1) for disks, ln(r_d / arcsec) = -1.145
    - 0.269 (i - 23), with a scatter of 0.3.
    """
    scatter = 0.3 * ndtri(uniform * (1.0 - 2e-16) + 1e-16)
    return np.asarray(np.exp(-1.145 - 0.269 * (magnitude - 23.0) + scatter).clip(0.05, 10.0))


def axis_ratio(cosine: Floats, thickness: float) -> Floats:
    """Return the apparent axis ratio of oblate spheroids at cosines of inclination, shape (n,)."""
    return np.asarray(np.sqrt(cosine**2 + thickness**2 * (1.0 - cosine**2)))
