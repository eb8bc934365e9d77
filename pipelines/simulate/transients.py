"""Supernovae and tidal disruptions in host galaxies: how many, when, where, how bright."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.variability.distances import distance_modulus
from skytract.pipelines.simulate.variability.kinds import (
    VARIABLE,
    WAVELENGTH,
    empty_variables,
    kind_index,
)
from skytract.pipelines.simulate.variability.supernovae import rest_magnitudes

FIRST_MJD, LAST_MJD = 60000.0, 65000.0
"""Events reach maximum light between these times."""

SUN_B = 5.31
"""Absolute AB magnitude of the Sun in B (Willmer 2018, ApJS 236, 47)."""

BLUE_AB = -0.09
"""AB minus Vega magnitude in B (Blanton & Roweis 2007, AJ 133, 734)."""

SCALE_2 = (70.0 / 75.0) ** 2
"""Rates per luminosity go as the Hubble constant squared; those used were published for 75."""


@dataclass(frozen=True)
class Rate:
    """How often a kind of event happens and how bright it gets.

    Attributes
    ----------
    kind
        Name of its light curve.
    per_century
        Events per century and 10^10 solar luminosities of the host in B (SNu), at rest.
    absolute_b, scatter
        Absolute magnitude in B (Vega) at maximum and its scatter, mag.
    stretch_scatter
        Scatter of durations.
    """

    kind: str
    per_century: float
    absolute_b: float
    scatter: float
    stretch_scatter: float


RATES = (
    Rate("supernovaIa", 0.20 * SCALE_2, -19.25, 0.30, 0.08),
    Rate("supernovaIbc", 0.08 * SCALE_2, -17.55, 1.15, 0.20),
    Rate("supernovaII", 0.40 * SCALE_2, -16.90, 0.97, 0.15),
    Rate("tidalDisruption", 0.003, -19.8, 0.80, 0.30),
)
"""Supernova rates: Cappellaro, Evans & Turatto (1999, A&A 351, 459, table 4, all galaxies).
Absolute magnitudes: Richardson et al. (2014, AJ 147, 118, table 1); the scatter of Ia without the
most reddened. Disruptions: 3e-5 per year and bright galaxy (Yao et al. 2023, ApJ 955, L6),
magnitudes of van Velzen et al. (2021, ApJ 908, 4)."""

_DRAWS = 6


def event_rates(flux: NDArray[np.float64], redshift: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return events of each of `RATES` per year of the observer, shape (n, 4).

    The luminosity in rest-frame B is that in r: exact at z = 0.41 (622 nm = 1.41 x 440 nm).

    Parameters
    ----------
    flux
        Of the hosts, nJy in r, shape (n,).
    redshift
        Of the hosts, shape (n,).
    """
    magnitude = 31.4 - 2.5 * np.log10(flux)
    absolute = magnitude - distance_modulus(redshift) + 2.5 * np.log10(1.0 + redshift)
    luminosity = 10.0 ** (0.4 * (SUN_B - absolute) - 10.0)
    per_year = np.array([rate.per_century for rate in RATES]) / 100.0
    return np.asarray((luminosity / (1.0 + redshift))[:, None] * per_year)


def draw_transients(
    rng: np.random.Generator, hosts: NDArray[np.void], boost: float = 1.0
) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw the events in galaxies from FIRST_MJD to LAST_MJD, at most one of each kind per host.

    Supernovae follow the light of their host's exponential disk, disruptions are at its centre.
    Host k uses the k-th row of uniform numbers, event j the j-th of another stream, in the order
    of hosts: a shorter list of the same hosts has the same events.

    Parameters
    ----------
    rng
        Generator of this piece of sky.
    hosts
        Rows with flux, redshift, diskScale, axisRatio and positionAngle, shape (n,).
    boost
        Factor on all rates.

    Returns
    -------
    tuple
        Rows of `VARIABLE`, shape (m,); row of each one's host; offsets to the east and to the
        north of it, arcsec.
    """
    chance = rng.random((len(hosts), len(RATES)))
    redshift = hosts["redshift"].astype(np.float64)
    years = (LAST_MJD - FIRST_MJD) / 365.25
    mean = event_rates(hosts["flux"], np.maximum(redshift, 1e-3)) * years * boost
    happens = (chance < -np.expm1(-mean)) & (redshift > 1e-3)[:, None]
    host, which = np.nonzero(happens)
    draws = rng.spawn(1)[0].random((len(host), _DRAWS))
    events = np.zeros(len(host), VARIABLE)
    for index, rate in enumerate(RATES):
        rows = np.flatnonzero(which == index)
        events[rows] = bright_events(rate, redshift[host[rows]], draws[rows, :3])
    radius = -np.log(draws[:, 3] * draws[:, 4]) * hosts["diskScale"][host]
    radius[which == len(RATES) - 1] = 0.0
    angle, tilt = 2.0 * np.pi * draws[:, 5], np.radians(hosts["positionAngle"][host])
    major = radius * np.cos(angle)
    minor = radius * np.sin(angle) * hosts["axisRatio"][host]
    east = major * np.sin(tilt) + minor * np.cos(tilt)
    north = major * np.cos(tilt) - minor * np.sin(tilt)
    return events, host, east, north


def bright_events(
    rate: Rate, redshift: NDArray[np.float64], draws: NDArray[np.float64]
) -> NDArray[np.void]:
    """Return events of one kind at redshifts (n,) from uniform numbers (n, 3).

    A type Ia that lasts longer is brighter by 1.5 mag per unit of stretch (Astier et al. 2006, A&A
    447, 31). `flux` is that in r at maximum light in B.
    """
    events = empty_variables(len(redshift), rate.kind)
    deviation = np.clip(ndtri(draws[:, 0]), -2.5, 2.5)
    stretch = 1.0 + rate.stretch_scatter * deviation
    absolute = rate.absolute_b + rate.scatter * ndtri(draws[:, 1])
    if rate.kind == "supernovaIa":
        absolute -= 1.5 * (stretch - 1.0)
    red = WAVELENGTH[2] / (1.0 + redshift)
    colour = rest_magnitudes(kind_index(rate.kind), red, np.zeros(len(redshift)))
    dimming = distance_modulus(redshift) - 2.5 * np.log10(1.0 + redshift)
    magnitude = absolute + BLUE_AB + colour + dimming
    events["flux"] = 10.0 ** (0.4 * (31.4 - magnitude))
    events["absoluteR"] = absolute
    events["varParams"][:, 0], events["varParams"][:, 1] = redshift, stretch
    events["epochOfMax"] = FIRST_MJD + draws[:, 2] * (LAST_MJD - FIRST_MJD)
    return events
