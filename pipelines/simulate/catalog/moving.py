"""Minor planets on the images of a survey: found visit by visit, trailed by their motion."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.passband_library import read_standard_passbands
from skytract.pipelines.simulate.catalog.by_detector import Indices, by_detector
from skytract.pipelines.simulate.catalog.camera import beyond_edge, field_radius
from skytract.pipelines.simulate.catalog.images import Images
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.positions import fall, on_plane
from skytract.pipelines.simulate.catalog.scene import MARGIN, Scene
from skytract.pipelines.simulate.sites import unit_vectors
from skytract.pipelines.simulate.solar_system.ephemeris import SolarSystem
from skytract.pipelines.simulate.solar_system.populations import draw_orbits
from skytract.udf.calibration.spectra import mean_fluxes

NEAR_EARTH_FAINTER, FAR_BRIGHTER = 4.0, 8.5
"""Near-Earth objects are drawn to so many magnitudes of H more than the main belt, trans-Neptunian
objects to so many fewer: all three then end at like apparent magnitudes."""

Floats = NDArray[np.float64]


def survey_bodies(plan: CatalogPlan) -> SolarSystem:
    """Return the minor planets of a plan."""
    belt = plan.minorPlanets
    limits = (belt, belt + NEAR_EARTH_FAINTER, belt - FAR_BRIGHTER)
    return SolarSystem(draw_orbits(plan.seed, limits))


def bodies_in_view(
    plan: CatalogPlan, system: SolarSystem, visits: NDArray[np.void]
) -> Iterator[NDArray[np.void]]:
    """Yield the bodies in the field of every visit, rows of EPHEMERIS brighter than the limit."""
    radius = field_radius(plan.detectors)
    for visit in visits:
        time, ra, dec = (float(visit[name]) for name in ("expMidptMJD", "ra", "dec"))
        seen = system.positions_in_field(time, ra, dec, radius)
        yield seen[seen["magnitude"][:, 2] < plan.faintest]


def moving(images: Images, bodies: NDArray[np.void], throughput: Floats, sunlight: Floats) -> Scene:
    """Return what detectors see of bodies, not merged with anything.

    Magnitudes in the standard passbands become those observed by the spectrum of the Sun, which is
    also the one whose refraction the WCS contains. A trail of length L has the second moment L^2 /
    12 along it; templates hold none of its light.

    Parameters
    ----------
    images
        The detectors in a visit.
    bodies
        Rows of EPHEMERIS, shape (n,).
    throughput
        Observed passbands of the detectors, shape (d, 801).
    sunlight
        f_nu of a star like the Sun, shape (801,).
    """
    plane = on_plane(images.axes @ unit_vectors(bodies["ra"], bodies["dec"]).T)
    detectors, n = len(images.detector), len(bodies)
    slot, body = np.repeat(np.arange(detectors), n), np.tile(np.arange(n), detectors)
    near = images.reach(plane[:, body], slot, MARGIN)
    slot, body = slot[near], body[near]
    x, y, flat = fall(images, plane[:, body], slot)
    here = np.flatnonzero(beyond_edge(x, y) < 0.0)
    bodies, slot, x, y = bodies[body[here]], slot[here], x[here], y[here]
    counts = _flux(images, bodies, slot, throughput, sunlight) / images.zMean[slot] * flat[here]
    days = float(images.visit["expTime"]) / 86400.0
    rates = np.stack([bodies["raRate"], bodies["decRate"]])
    along, across = by_detector(images.toPixel, rates * days, slot)
    return Scene(
        slot=slot,
        row=np.full(len(bodies), -1),
        truthId=np.ascontiguousarray(bodies["ssObjectId"]),
        x=x,
        y=y,
        counts=counts,
        change=counts,
        xx=(along**2 / 12.0).astype(np.float32),
        yy=(across**2 / 12.0).astype(np.float32),
        xy=(along * across / 12.0).astype(np.float32),
        members=np.ones(len(bodies), np.int16),
    )


def _flux(
    images: Images,
    bodies: NDArray[np.void],
    slot: Indices,
    throughput: Floats,
    sunlight: Floats,
) -> Floats:
    """Return the observed mean flux [nJy] of bodies, shape (n,)."""
    band = int(images.visit["band"])
    _, standard = read_standard_passbands()
    seen, places = np.unique(slot, return_inverse=True)
    curves = np.concatenate([throughput[seen], standard[band : band + 1]])
    fluxes = mean_fluxes(sunlight[None], curves)[0]
    colour = (fluxes[:-1] / fluxes[-1])[places]
    return np.asarray(10.0 ** (0.4 * (31.4 - bodies["magnitude"][:, band])) * colour)
