"""Stars: the components of the Galaxy along a line of sight, from bright to faint."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.attenuation import RED_EXTINCTION
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.draw_in_order import draw_in_order
from skytract.pipelines.simulate.luminosity import (
    WHITE_DWARFS,
    companion_magnitude,
    dwarf_colour,
    giant_colour,
    luminosity,
)
from skytract.pipelines.simulate.milky_way import (
    COMPONENTS,
    GALACTIC,
    density,
    reddening,
    velocities,
)
from skytract.pipelines.simulate.objects import empty, flux_of_magnitude
from skytract.pipelines.simulate.randoms import Stream
from skytract.pipelines.simulate.templates import templates
from skytract.pipelines.simulate.variability.stars import vary_stars

Floats = NDArray[np.float64]

BRIGHT = 14.0
"""Brightest r magnitude that is drawn: brighter stars would be saturated throughout."""

COLOUR_SCATTER = 0.04
"""Scatter of g-i at a given luminosity, mag: that of metallicity and age within a component."""

KM_PER_S = 4.74047
"""Tangential velocity of 1 arcsec/yr at 1 pc, km/s."""

_STEP = 0.2
_LOG_DISTANCE = np.arange(0.6, 5.42, 0.02)
_ABSOLUTE = np.arange(-2.9, 16.0, _STEP)
_MODULUS = np.arange(-0.8, 22.0, _STEP)  # the distance modulus with the dust's extinction
_FIRST = round((BRIGHT + _STEP / 2.0 - _ABSOLUTE[0] - _MODULUS[0]) / _STEP)
DWARF, GIANT, WHITE_DWARF = range(3)


def counts(direction: Floats, limit: float) -> tuple[Floats, Floats, Floats]:
    """Return how many stars lie along a direction.

    Parameters
    ----------
    direction
        Galactic unit vector, shape (3,).
    limit
        Faintest r.

    Returns
    -------
    expected
        Stars/sr in bins of (r, column of _columns), bright first.
    distance, dust
        pc and E(B-V) at apparent distance modulus _MODULUS.
    """
    grid = 10.0**_LOG_DISTANCE
    dust = reddening(direction, grid)
    apparent = 5.0 * (_LOG_DISTANCE - 1.0) + RED_EXTINCTION * dust
    edges = np.append(_MODULUS - _STEP / 2.0, _MODULUS[-1] + _STEP / 2.0)
    distance = 10.0 ** np.interp(_MODULUS, apparent, _LOG_DISTANCE)
    volume = np.diff(10.0 ** (3.0 * np.interp(edges, apparent, _LOG_DISTANCE))) / 3.0
    number = density(direction, distance) * volume
    component, _, row, per_volume = _columns()
    bins = _FIRST + np.arange(int(np.ceil((limit - BRIGHT) / _STEP - 1e-9)))
    at = bins[:, None] - row  # which modulus brings M_r to r
    inside = (at >= 0) & (at < len(_MODULUS))
    expected = np.where(inside, number[component, np.where(inside, at, 0)], 0.0) * per_volume
    return expected, distance, np.interp(np.log10(distance), _LOG_DISTANCE, dust)


@cache
def _columns() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return component, kind, row of _ABSOLUTE and density of all that exist, shape (m,)."""
    per_volume = _STEP * luminosity(_ABSOLUTE)
    component, kind, row = np.nonzero(per_volume > 1e-9)
    return component, kind, row, per_volume[component, kind, row]


def draw_stars(cell: Cell, limit: float) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Draw the stars of a cell, at least all that are brighter than `limit` in r.

    Returns
    -------
    objects, indices
        Without ids and positions; HEALPix indices of order 29, shape (n,).
    """
    expected, distances, dusts = counts(cell.direction, limit)
    rng = cell.generator(Stream.STARS)
    bins, uniforms = draw_in_order(rng, expected * cell.area, 9)
    step, column = np.divmod(bins, expected.shape[1])
    component, kind, row = (which[column] for which in _columns()[:3])
    at = _FIRST + step - row
    jitter = _STEP * (uniforms[:, 1] - 0.5)
    absolute = _ABSOLUTE[row] + _STEP * (uniforms[:, 0] - 0.5) - jitter
    stars = empty(len(row), "star")
    stars["flux"] = flux_of_magnitude(BRIGHT + _STEP * (step + uniforms[:, 0]))
    normal = ndtri(uniforms[:, 2:6] * (1.0 - 2e-16) + 1e-16)
    set_spectra(stars, absolute, component, kind, dusts[at], normal[:, 3])
    dwarfs = np.flatnonzero(kind == DWARF)
    split = component[dwarfs], dusts[at[dwarfs]], uniforms[dwarfs, 6:8]
    stars[dwarfs] = add_companions(stars[dwarfs], absolute[dwarfs], *split)
    varying = stars[dwarfs]
    vary_stars(cell.generator(Stream.VARIABLE_STARS), varying, absolute[dwarfs])
    stars[dwarfs] = varying
    distance = distances[at] * 10.0 ** (0.2 * jitter)
    set_motions(stars, cell.direction, component, distance, normal[:, :3])
    return stars, cell.inside(uniforms[:, 8])


def set_spectra(
    stars: NDArray[np.void],
    absolute: Floats,
    component: NDArray[np.int64],
    kind: NDArray[np.int64],
    dust: Floats,
    normal: Floats,
) -> None:
    """Choose the spectrum by luminosity, metallicity and dust; kinds as numbered above."""
    metals = np.array([c.metallicity for c in COMPONENTS])[component]
    colour = dwarf_colour(absolute, metals)
    giants, white = kind == GIANT, kind == WHITE_DWARF
    colour[giants] = giant_colour(absolute[giants], metals[giants])
    colour[white] = np.interp(absolute[white], *WHITE_DWARFS[:2])
    colour += COLOUR_SCATTER * normal
    grids = templates().grids
    poor = metals < -1.0
    families = [(kind == DWARF) & ~poor, (kind == DWARF) & poor, giants, white]
    for name, rows in zip(("dwarf", "subdwarf", "giant", "whiteDwarf"), families, strict=True):
        stars["sed"][rows] = grids[name].of_colour(colour[rows], dust[rows])


def add_companions(
    dwarfs: NDArray[np.void],
    absolute: Floats,
    component: NDArray[np.int64],
    dust: Floats,
    uniforms: Floats,
) -> NDArray[np.void]:
    """Divide the light of double dwarfs between the two: the flux so far is that of both."""
    other = companion_magnitude(absolute, uniforms[:, 0], uniforms[:, 1])
    rows = np.flatnonzero(np.isfinite(other))
    metals = np.array([c.metallicity for c in COMPONENTS])[component[rows]]
    share = 1.0 / (1.0 + 10.0 ** (0.4 * (other[rows] - absolute[rows])))
    dwarfs["companionFlux"][rows] = share * dwarfs["flux"][rows]
    dwarfs["flux"][rows] *= 1.0 - share
    colour = dwarf_colour(other[rows], metals)
    dwarfs["companionSed"][rows] = templates().grids["dwarf"].of_colour(colour, dust[rows])
    return dwarfs


def set_motions(
    stars: NDArray[np.void],
    direction: Floats,
    component: NDArray[np.int64],
    distance: Floats,
    normal: Floats,
) -> None:
    """Set parallax, proper motion and radial velocity from the components' kinematics."""
    x, y, z = direction @ GALACTIC  # the inverse rotation, back to ICRS
    east = np.array([-y, x, 0.0]) / np.hypot(x, y)
    north = np.cross([x, y, z], east)
    axes = np.stack([east, north, [x, y, z]]) @ GALACTIC.T
    velocity = velocities(direction, component, distance, normal) @ axes.T
    stars["parallax"] = 1000.0 / distance
    stars["pmRa"], stars["pmDec"] = velocity[:, :2].T * stars["parallax"] / KM_PER_S
    stars["radialVelocity"] = velocity[:, 2]
