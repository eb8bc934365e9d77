"""The sky in time: fluxes of variables, and minor planets in a field.

`variables.periodic` evaluates pairs of star and time of all periodic kinds, against the million
pairs per second that a survey needs, and against what no code can save: one exponential per pair.
`variables.quasars` evaluates random walks, which halve an interval 21 times per pair, against the
rows per second of a whole survey. `planets.field` asks for the bodies in one field of the LSST, the
index of the night at hand, against propagating them all; `planets.kepler` solves Kepler's equation,
against `scipy.optimize.newton` on the same array.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import newton

from bench.measure import Measure
from skytract.pipelines.simulate.sites import unit_vectors
from skytract.pipelines.simulate.solar_system.ephemeris import SolarSystem
from skytract.pipelines.simulate.solar_system.kepler import eccentric_anomaly
from skytract.pipelines.simulate.solar_system.populations import draw_orbits
from skytract.pipelines.simulate.variability.kinds import (
    PULSATORS,
    VARIABLE,
    empty_variables,
    kind_index,
)
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.pulsators import pulsating_stars
from skytract.pipelines.simulate.variability.stars import binaries

PAIRS = 1_000_000
LIMITS = (17.0, 21.0, 8.5)
"""Absolute magnitudes to which bodies are drawn: half a million."""

NEEDED = {"periodic": 1e6, "quasars": 0.2e6}
"""Pairs per second."""

FIELD = (60615.2, 36.0, 14.0, 1.75)
"""MJD, centre and radius [deg] of a field on the ecliptic."""


def run(pairs: int = PAIRS, limits: tuple[float, float, float] = LIMITS) -> Iterator[Measure]:
    """Measure on so many pairs, and on bodies down to these limits."""
    rng = np.random.default_rng(1)
    mjd = rng.uniform(60000.0, 64000.0, pairs)
    stars, quasars = periodic_stars(rng, pairs), walks(pairs)
    exponentials = seconds(lambda: np.exp(-0.4 * stars["varParams"][:, 1].astype(float)))
    for name, objects in (("periodic", stars), ("quasars", quasars)):
        rate = pairs / seconds(lambda o=objects: modulation(o, mjd, 2))
        agree = one_by_one(objects, mjd)
        yield measure(f"variables.{name}: what is asked for", rate, NEEDED[name], "pairs/s", agree)
        if name == "periodic":
            limit = pairs / exponentials
            yield measure("variables.periodic: one exponential", rate, limit, "pairs/s", agree)
    yield from minor_planets(limits)


def minor_planets(limits: tuple[float, float, float]) -> Iterator[Measure]:
    """Measure a field by index, and Kepler's equation."""
    system = SolarSystem(draw_orbits(1, limits))
    mjd, ra, dec, radius = FIELD
    system.positions_in_field(*FIELD)  # the index of the night
    found: list[Any] = []
    fast = seconds(lambda: found.append(system.positions_in_field(*FIELD)))
    slow = seconds(lambda: found.append(system.observe(np.arange(len(system.orbits)), mjd)))
    places = unit_vectors(found[1]["ra"], found[1]["dec"]) @ unit_vectors(ra, dec)
    inside = found[1][places >= np.cos(np.radians(radius))]
    agree = np.array_equal(inside["ssObjectId"], found[0]["ssObjectId"])
    yield measure("planets.field: all propagated", 1e3 * fast, 1e3 * slow, "ms", agree, -1)
    mean, e = np.radians(system.orbits["meanAnomaly"]), system.orbits["e"].copy()
    ours = seconds(lambda: eccentric_anomaly(mean, e))
    theirs = seconds(lambda: found.append(scipy_anomaly(mean, e)))
    off = np.abs(np.exp(1j * eccentric_anomaly(mean, e)) - np.exp(1j * found[2]))
    rates = len(e) / ours, len(e) / theirs
    yield measure("planets.kepler: scipy newton", *rates, "solutions/s", bool(off.max() < 1e-11))


def periodic_stars(rng: np.random.Generator, number: int) -> NDArray[np.void]:
    """Return stars of all periodic kinds, in turn."""
    kinds = [pulsating_stars(kind, rng.random((number // 6 + 1, 5))) for kind in PULSATORS]
    double = empty_variables(number // 6 + 1, "eclipsing")
    draws = rng.random((len(double), 9))
    double["period"], double["varParams"] = binaries(draws, np.full(len(double), 5.0))
    double["epochOfMax"] = 60000.0
    return np.concatenate([*kinds, double])[:number]


def walks(number: int) -> NDArray[np.void]:
    """Return quasars with ids."""
    quasars = np.zeros(number, np.dtype([*VARIABLE.descr, ("truthId", "i8")]))
    quasars["truthId"], quasars["varKind"] = np.arange(number), kind_index("dampedRandomWalk")
    quasars["varParams"][:, :3] = 200.0, 0.2, 1.5
    return quasars


def one_by_one(objects: NDArray[np.void], mjd: NDArray[np.float64]) -> bool:
    """Whether a hundred pairs asked for alone give the same as all together."""
    some = np.linspace(0, len(mjd) - 1, 100).astype(int)
    alone = [modulation(objects[k : k + 1], mjd[k], 2)[0] for k in some]
    return bool(np.array_equal(alone, modulation(objects, mjd, 2)[some]))


def scipy_anomaly(mean: NDArray[np.float64], e: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve Kepler's equation by scipy's Newton of second order, from the same first guess."""
    anomaly: NDArray[np.float64] = newton(
        lambda x: x - e * np.sin(x) - mean,
        mean + 0.85 * e * np.sign(np.sin(mean)),
        lambda x: 1.0 - e * np.cos(x),
        fprime2=lambda x: e * np.sin(x),
        tol=1e-13,
    )
    return anomaly


def seconds(work: Callable[[], Any]) -> float:
    """Run something; seconds it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(name: str, ours: float, peer: float, unit: str, agree: bool, sense: int = 1) -> Measure:
    """Return a measure; sense -1 where less is better."""
    ratio = (ours / peer) ** sense
    return Measure(name=name, ours=ours, peer=peer, unit=unit, ratio=ratio, agree=agree)
