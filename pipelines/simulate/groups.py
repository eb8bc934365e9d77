"""Groups of galaxies: a Neyman-Scott process whose parents belong to cells."""

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.objects import POSITION_ORDER
from skytract.pipelines.simulate.randoms import Stream
from skytract.pipelines.simulate.redshifts import draw_redshifts

Floats = NDArray[np.float64]

GROUPED, GROUPED_SLOPE, MOST_GROUPED = 0.43, -0.10, 0.8
"""Fraction of galaxies in groups at r = 21.5, change of its logarithm per magnitude, and limit:
chosen so that the angular correlation is (theta / theta_0)^-0.7 with theta_0 = 10^(-0.4 (r - 21.5))
arcsec (Morganson & Blandford 2009)."""

DENSITY = 0.6
"""Groups per arcmin^2 (all redshifts together)."""

RADIUS = 2.0
"""Greatest distance of a member from the middle of its group, arcmin."""

STEEPNESS = 0.65
"""Members within theta ~ theta^0.65: pairs of members then have a density ~ theta^-0.7."""

NEIGHBOURS = 5
"""A galaxy joins one of so many groups nearest in redshift."""


def draw_groups(
    cell: Cell, magnitude: Floats, redshift: Floats, uniforms: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Place galaxies, some of them in groups of their redshift.

    Groups are the cell's own and the same for every limiting magnitude, so that a galaxy's place
    depends on no other galaxy.

    Parameters
    ----------
    cell
        The cell.
    magnitude, redshift
        Of the galaxies, in r, shape (n,); the groups have the same distribution of redshifts.
    uniforms
        Shape (n, 4).

    Returns
    -------
    indices
        HEALPix indices of order 29: even in the cell, odd in its neighbours, shape (n,).
    redshift
        That of the group, for members.
    """
    indices, redshift = cell.inside(uniforms[:, 1]), redshift.copy()
    middles, distances = _parents(cell)
    grouped = GROUPED * 10.0 ** (GROUPED_SLOPE * (magnitude - 21.5))
    rows = np.flatnonzero(uniforms[:, 0] < np.minimum(grouped, MOST_GROUPED))
    if len(middles) < NEIGHBOURS:
        return indices, redshift
    choice = (uniforms[rows, 1] * NEIGHBOURS).astype(np.int64) - NEIGHBOURS // 2
    parent = np.searchsorted(distances, redshift[rows]) + choice
    parent = np.clip(parent, 0, len(middles) - 1)
    redshift[rows] = distances[parent]
    radius = np.radians(RADIUS / 60.0) * uniforms[rows, 2] ** (1.0 / STEEPNESS)
    indices[rows] = _offset(cell, middles[parent], radius, 2.0 * np.pi * uniforms[rows, 3])
    return indices, redshift


def _parents(cell: Cell) -> tuple[Floats, Floats]:
    """Return unit vectors, shape (m, 3), and redshifts of the groups, ascending in redshift."""
    rng = cell.generator(Stream.GROUPS)
    number = rng.poisson(DENSITY * cell.area * (10800.0 / np.pi) ** 2)
    uniforms = rng.random((number, 4))
    magnitude = 22.0 + 2.0 * uniforms[:, 0]
    _, redshift = draw_redshifts(magnitude, uniforms[:, 1], uniforms[:, 2])
    order = np.argsort(redshift)
    places = cell.inside(uniforms[order, 3])
    vectors = healpy.pix2vec(1 << POSITION_ORDER, places, nest=True)
    return np.stack(vectors, axis=1), redshift[order]


def _offset(cell: Cell, middles: Floats, radius: Floats, angle: Floats) -> NDArray[np.int64]:
    """Return the indices of points at small distances [rad] from unit vectors."""
    axis = np.zeros(3)
    axis[np.argmin(np.abs(cell.centre))] = 1.0
    one = np.cross(middles, axis)
    one /= np.linalg.norm(one, axis=1)[:, None]
    other = np.cross(middles, one)
    step = np.cos(angle)[:, None] * one + np.sin(angle)[:, None] * other
    points = middles + np.tan(radius)[:, None] * step
    return cell.marked(healpy.vec2pix(1 << POSITION_ORDER, *points.T, nest=True))
