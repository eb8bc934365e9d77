"""Where pulsating stars are: RR Lyrae, Cepheids, delta Scuti and Miras along a line of sight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.milky_way import COMPONENTS, SUN_RADIUS, density
from skytract.pipelines.simulate.objects import EPOCH_MJD
from skytract.pipelines.simulate.variability.kinds import VARIABLE, empty_variables
from skytract.pipelines.simulate.variability.templates import (
    CEPHEID_PERIODS,
    RRAB_AMPLITUDES,
    template_table,
)

HALO_BREAK, HALO_STEEPER = 28000.0, 1.0
"""Distance from the Galaxy's centre, pc, from which the halo falls faster than nearer, and by which
power (Sesar, Juric & Ivezic 2011, ApJ 731, 4)."""

HALO = 2
"""Index of the halo among the components of `milky_way`."""


@dataclass(frozen=True)
class Population:
    """A kind of pulsating star in one component of the Galaxy.

    Attributes
    ----------
    kind
        Name of its variability.
    component
        Its index among the components of `milky_way`.
    density
        Stars per kpc^3 at the Sun.
    absolute_r, scatter
        Absolute magnitude in r of the mean light and its scatter, mag.
    gr
        Mean colour g - r, mag.
    """

    kind: str
    component: int
    density: float
    absolute_r: float
    scatter: float
    gr: float


POPULATIONS = (
    Population("rrLyraeAb", HALO, 5.6, 0.55, 0.10, 0.13),
    Population("rrLyraeC", HALO, 5.6 * 104.0 / 379.0, 0.50, 0.10, 0.05),
    Population("deltaScuti", 1, 22.0, 2.3, 0.40, 0.04),
    Population("longPeriod", 0, 200.0, 0.0, 1.0, 1.6),
)
"""RR Lyrae: so many RRab that LINEAR's area has its 4,000 within 30 kpc (Sesar et al. 2013, AJ 146,
21), as many RRc to them as among the 483 of Sesar et al. (2010), mean colours of their table 2.
Delta Scuti of high amplitude: so many that LINEAR's ratio to RR Lyrae results (112 to 3913:
Palaversa et al. 2013, AJ 146, 101), and its colour. Miras: order of magnitude of Jura & Kleinmann
(1992, ApJS 79, 105)."""

CLOUDS = np.array([[280.47, -32.89, 18.48, 1.5, 4620.0], [302.80, -44.30, 18.98, 1.0, 4915.0]])
"""Galactic longitude and latitude [deg], distance modulus, scale length of an exponential disk
[deg], and classical Cepheids of the Magellanic Clouds (numbers: Soszynski et al. 2015, Acta Astron.
65, 297). The Galaxy's own are all brighter than the survey's bright limit."""

MODULUS = np.arange(5.0, 22.0, 0.05)
"""Grid of true distance moduli: 0.1 to 250 kpc."""

_DRAWS = 7


def expected(population: Population, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return stars per sr in the bins of `MODULUS`, shape (m,), along a Galactic unit vector."""
    distance = 10.0 ** (MODULUS / 5.0 + 1.0)
    volume = (distance / 1000.0) ** 3 * np.log(10.0) / 5.0 * (MODULUS[1] - MODULUS[0])
    component = population.component
    relative = density(direction, distance)[component] / COMPONENTS[component].fraction
    if component == HALO:
        place = direction[:, None] * distance - np.array([[SUN_RADIUS], [0.0], [0.0]])
        beyond = np.maximum(np.linalg.norm(place, axis=0) / HALO_BREAK, 1.0)
        relative = relative * beyond**-HALO_STEEPER
    return np.asarray(population.density * relative * volume)


def draw_pulsators(
    rng: np.random.Generator, direction: NDArray[np.float64], area: float, boost: float = 1.0
) -> NDArray[np.void]:
    """Draw all pulsating stars of a small piece of sky, bright and faint, without positions.

    Parameters
    ----------
    rng
        Generator of this piece of sky.
    direction
        Galactic unit vector of its centre, shape (3,).
    area
        sr.
    boost
        Factor on all densities: a small survey needs more variable stars than the sky has.
    """
    found = []
    for population in POPULATIONS:
        number = np.cumsum(expected(population, direction) * area * boost)
        draws = rng.random((rng.poisson(number[-1]), _DRAWS))
        modulus = np.interp(draws[:, 0] * number[-1], number, MODULUS)
        stars = pulsating_stars(population.kind, draws[:, 2:])
        stars["component"], stars["gr"] = population.component, population.gr
        stars["absoluteR"] = population.absolute_r + population.scatter * ndtri(draws[:, 1])
        found.append(_at_distance(stars, modulus))
    for longitude, latitude, modulus, scale, total in CLOUDS:
        share = cloud_density(direction, longitude, latitude, scale) * area
        draws = rng.random((rng.poisson(share * total * boost), _DRAWS))
        stars = pulsating_stars("cepheid", draws[:, 2:])
        stars["gr"] = 0.45
        stars["absoluteR"] = -4.2 - 2.68 * (np.log10(stars["period"]) - 1.0)  # Fouque et al. 2007
        found.append(_at_distance(stars, np.full(len(stars), modulus)))
    return np.concatenate(found)


def cloud_density(
    direction: NDArray[np.float64], longitude: float, latitude: float, scale: float
) -> float:
    """Return the share of a Cloud's stars per sr in a direction: an exponential disk on the sky."""
    lon, lat = np.radians([longitude, latitude])
    centre = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    separation = np.arccos(np.clip(direction @ centre, -1.0, 1.0))
    length = np.radians(scale)
    return float(np.exp(-separation / length) / (2.0 * np.pi * length**2))


def pulsating_stars(kind: str, draws: NDArray[np.float64]) -> NDArray[np.void]:
    """Return stars of a kind with periods, amplitudes and epochs, from uniforms (n, 5).

    RRab: periods 0.57 +- 0.057 d, A_g = 0.99 - 4.05 (P - 0.571) with a scatter of 0.22 mag; RRc:
    0.354 +- 0.052 d, 0.50 +- 0.08 mag (fitted to table 2 of Sesar et al. 2010). Cepheids: log P
    about 0.6 +- 0.25, amplitudes growing with it. Delta Scuti: log P about -1.22 +- 0.12 (82 of
    LINEAR), 0.2 to 0.8 mag in g. Miras: 300 +- 90 d, 2.5 to 6 mag in g.
    """
    stars = empty_variables(len(draws), kind)
    normal = ndtri(draws[:, :2])
    if kind == "rrLyraeAb":
        period = np.clip(0.571 + 0.057 * normal[:, 0], 0.42, 0.75)
        amplitude = np.clip(0.99 - 4.05 * (period - 0.571) + 0.22 * normal[:, 1], 0.35, 1.6)
        member = np.abs(amplitude[:, None] - RRAB_AMPLITUDES).argmin(axis=1)
    elif kind == "rrLyraeC":
        period = np.clip(0.354 + 0.052 * normal[:, 0], 0.22, 0.46)
        amplitude, member = np.clip(0.50 + 0.08 * normal[:, 1], 0.25, 0.75), 0
    elif kind == "cepheid":
        period = 10.0 ** np.clip(0.6 + 0.25 * normal[:, 0], 0.3, 1.7)
        amplitude = np.clip(0.75 + 0.45 * (np.log10(period) - 0.6) + 0.15 * normal[:, 1], 0.2, 1.7)
        member = np.abs(np.log(period[:, None] / CEPHEID_PERIODS)).argmin(axis=1)
    elif kind == "deltaScuti":
        period = 10.0 ** np.clip(-1.22 + 0.12 * normal[:, 0], -1.5, -0.7)
        amplitude, member = 0.2 + 0.6 * draws[:, 1], 0
    else:
        period = np.clip(300.0 + 90.0 * normal[:, 0], 100.0, 700.0)
        amplitude, member = 2.5 + 3.5 * draws[:, 1], 0
    stars["period"] = period
    stars["varParams"][:, 0] = template_table()[1][kind].start + member
    stars["varParams"][:, 1] = amplitude
    stars["epochOfMax"] = EPOCH_MJD + draws[:, 2] * period
    return stars


def _at_distance(stars: NDArray[np.void], modulus: NDArray[np.float64]) -> NDArray[np.void]:
    """Fill in distance [pc] and flux [nJy in r] at distance moduli, shape (n,)."""
    assert stars.dtype == VARIABLE
    stars["distance"] = 10.0 ** (modulus / 5.0 + 1.0)
    stars["flux"] = 10.0 ** (0.4 * (31.4 - stars["absoluteR"] - modulus))
    return stars
