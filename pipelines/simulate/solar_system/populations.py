"""Which minor planets there are: the main belt, near-Earth and trans-Neptunian objects.

Distributions are simple ones that agree with the debiased surveys named; resonances beyond
Kirkwood's gaps and the 3:2 of Neptune, families, Hildas and Trojans are left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.draw_in_order import draw_in_order
from skytract.pipelines.simulate.objects import EPOCH_MJD
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.solar_system.kepler import ORBIT

Floats = NDArray[np.float64]

POPULATIONS = ("mainBelt", "nearEarth", "transNeptunian")
"""Names of the values of the column `population`."""

FIRST_ID = 1 << 62
"""Ids of minor planets start here, above all HEALPix indices of order 29, the ids of the others."""

FAINTEST = (18.0, 22.0, 9.0)
"""Absolute magnitudes H to which each is drawn by default: about 890,000, 27,000 and 71,000."""

COUNTS = (
    np.array([[6.0, 11.0, 15.0, 18.0, 24.0], [0.5, 3.01, 5.05, 5.95, 7.75]]),
    np.array([[9.0, 14.0, 17.75, 22.0, 25.0], [0.0, 1.2, 2.98, 4.43, 5.90]]),
    np.array([[-1.0, 3.0, 5.0, 8.0, 12.0], [-0.9, 0.9, 1.55, 4.25, 5.85]]),
)
"""H and log10 of the number brighter. Main belt: slopes of 0.51 to H = 15 and 0.30 beyond, so many
that 210 per square degree are brighter than R = 23 at opposition (Gladman et al. 2009, Icarus 202,
104). Near-Earth: 962 at 17.75, 802,000 at 25 (Granvik et al. 2018, Icarus 312, 181).
Trans-Neptunian: slopes of 0.9 to H = 8 and 0.4 beyond (Fraser et al. 2014, ApJ 782, 100), about 1
per square degree brighter than R = 23.4 (Fraser & Kavelaars 2009, AJ 137, 72)."""

KIRKWOOD = np.array([[2.502, 0.020], [2.825, 0.012], [2.958, 0.008], [3.279, 0.030]])
"""Centre and half width, au, of the gaps at 3:1, 5:2, 7:3 and 2:1 of Jupiter's motion."""

BELT = np.array(
    [
        [2.10, 2.15, 2.25, 2.40, 2.49, 2.55, 2.65, 2.78, 2.85, 3.00, 3.15, 3.25, 3.35],
        [0.0, 0.4, 1.3, 1.3, 1.1, 1.5, 1.5, 1.5, 1.2, 1.6, 2.1, 0.9, 0.0],
    ]
)
"""Semi-major axis, au, and relative number per au in the main belt, before the gaps (rounded from
the known asteroids with H < 15)."""


@dataclass(frozen=True)
class Shape:
    """Semi-major axes [au], eccentricities and inclinations [deg] from uniform numbers."""

    axis: Floats
    e: Floats
    incl: Floats
    colour: NDArray[np.int64]


def draw_orbits(seed: int, faintest: tuple[float, float, float] = FAINTEST) -> NDArray[np.void]:
    """Draw the minor planets of a survey's seed, brightest in H first within each population.

    To a fainter limit the same bodies come, and more after them.

    Parameters
    ----------
    seed
        The survey's seed.
    faintest
        H to which main belt, near-Earth and trans-Neptunian objects are drawn.

    Returns
    -------
    numpy.ndarray
        Rows of ORBIT; ids count from FIRST_ID + 10^9 times the population's index.
    """
    found = []
    for population, shape in enumerate((main_belt, near_earth, trans_neptunian)):
        edges = np.arange(COUNTS[population][0, 0], faintest[population] + 0.005, 0.01)
        number = np.diff(10.0 ** np.interp(edges, *COUNTS[population]))
        rng = generator(seed, Stream.ORBITS, population)
        bins, draws = draw_in_order(rng, number, 9)
        orbits = np.zeros(len(bins), ORBIT)
        orbits["ssObjectId"] = FIRST_ID + population * 10**9 + np.arange(len(bins))
        orbits["population"], orbits["epoch"] = population, EPOCH_MJD
        orbits["H"] = edges[bins] + 0.01 * draws[:, 0]
        for column, name in enumerate(("node", "argPeri", "meanAnomaly"), start=1):
            orbits[name] = 360.0 * draws[:, column]
        drawn = shape(draws[:, 4:])
        orbits["a"], orbits["e"], orbits["incl"] = drawn.axis, drawn.e, drawn.incl
        orbits["colour"], orbits["G"] = drawn.colour, 0.15
        found.append(orbits)
    return np.concatenate(found)


def main_belt(draws: Floats) -> Shape:
    """Return main-belt asteroids from uniforms (n, 5).

    Perihelia stay beyond 1.67 au, aphelia within 4.5 au. Eccentricities and inclinations follow
    Rayleigh laws of mean 0.14 and 9 deg; C types grow from 3/10 to 8/10 outwards (DeMeo & Carry
    2013, Icarus 226, 723).
    """
    grid = np.arange(2.10, 3.35, 0.002)
    density = np.interp(grid, *BELT)
    for centre, width in KIRKWOOD:
        density = density * (np.abs(grid - centre) > width)
    axis = _inverse(grid, density, draws[:, 0])
    largest = np.minimum(1.0 - 1.67 / axis, 4.5 / axis - 1.0)
    e = _rayleigh(draws[:, 1], 0.115, largest)
    incl = _rayleigh(draws[:, 2], 7.2, np.full(len(axis), 40.0))
    carbon = np.interp(axis, [2.1, 2.5, 3.2], [0.3, 0.5, 0.8])
    return Shape(axis, e, incl, (draws[:, 3] > carbon).astype(np.int64))


def near_earth(draws: Floats) -> Shape:
    """Return near-Earth objects from uniforms (n, 5): perihelia below 1.3, aphelia above 0.983 au.

    Semi-major axes peak at 2.2 au, perihelia grow in number towards 1.3 au (Granvik et al. 2018,
    figure 12, roughly); inclinations follow a Rayleigh law of mean 15 deg.
    """
    grid = np.arange(0.65, 4.2, 0.01)
    density = 0.35 * np.exp(-0.5 * ((grid - 1.4) / 0.5) ** 2)
    density += np.exp(-0.5 * ((grid - 2.2) / 0.45) ** 2) + 0.12 * (grid > 2.6)
    axis = _inverse(grid, density, draws[:, 0])
    largest = np.minimum(1.3, np.minimum(0.98 * axis, 2.0 * axis - 0.983))
    perihelion = 0.1 + (largest - 0.1) * draws[:, 1] ** 0.45
    incl = _rayleigh(draws[:, 2], 12.0, np.full(len(axis), 75.0))
    return Shape(axis, 1.0 - perihelion / axis, incl, (draws[:, 3] < 0.6).astype(np.int64))


def trans_neptunian(draws: Floats) -> Shape:
    """Return trans-Neptunian objects from uniforms (n, 5).

    40 per cent hot and 40 per cent cold classical (42.5 to 47 au; inclinations sin i exp(-i^2/2s^2)
    with s = 16 and 2.6 deg: Petit et al. 2011, AJ 142, 131), 8 per cent plutinos (39.45 au, e about
    0.18, s = 16 deg: Gladman et al. 2012, AJ 144, 23), and scattered objects of perihelion 33 to 40
    au, p(a) ~ a^-2.
    """
    kind = np.searchsorted([0.40, 0.80, 0.88], draws[:, 0], side="right")
    axis = np.choose(
        kind,
        [
            42.5 + 4.5 * draws[:, 1],
            42.5 + 3.0 * draws[:, 1],
            39.35 + 0.2 * draws[:, 1],
            1.0 / (1.0 / 48.0 - draws[:, 1] * (1.0 / 48.0 - 1.0 / 300.0)),
        ],
    )
    plutino = np.clip(0.18 + 0.06 * ndtri(draws[:, 2] * 0.999 + 5e-4), 0.02, 0.35)
    scattered = 1.0 - (33.0 + 7.0 * draws[:, 2]) / axis
    e = np.choose(kind, [0.18 * draws[:, 2], 0.10 * draws[:, 2], plutino, scattered])
    width = np.choose(kind, [16.0, 2.6, 16.0, 18.0])
    incl = _rayleigh(draws[:, 3], width, np.full(len(axis), 70.0))
    return Shape(axis, e, incl, np.full(len(axis), 2))


def _inverse(grid: Floats, density: Floats, uniform: Floats) -> Floats:
    """Return numbers distributed as a density given on an even grid of bin centres."""
    step = grid[1] - grid[0]
    total = np.concatenate([[0.0], np.cumsum(density)])
    edges = np.append(grid, grid[-1] + step) - step / 2.0
    return np.asarray(np.interp(uniform * total[-1], total, edges))


def _rayleigh(uniform: Floats, scale: Floats | float, largest: Floats) -> Floats:
    """Return numbers of a Rayleigh distribution cut at `largest`."""
    within = -np.expm1(-0.5 * (largest / scale) ** 2)
    return np.asarray(scale * np.sqrt(-2.0 * np.log1p(-uniform * within)))
