"""A simple scheduler: pairs of visits, some half an hour apart, on clear nights in season."""

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.objects import BANDS
from skytract.pipelines.simulate.plan import START_MJD
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.sites import sun_direction, tangent_axes, unit_vectors, zenith

POINTING = np.dtype(
    [
        ("visit", "i8"),
        ("band", "i1"),
        ("ra", "f8"),
        ("dec", "f8"),
        ("skyRotation", "f8"),
        ("expMidptMJD", "f8"),
        ("seeing", "f8"),
    ]
)
"""What a cadence decides; a seeing of 0 is drawn with the weather."""

PAIRS = ("ug", "gr", "ri", "iz", "zy", "yi", "rg", "ir", "zi")
"""Bands of the two visits of a pair (the baseline of LSST pairs neighbouring bands)."""

CLEAR_NIGHTS = 0.35
"""Fraction of the nights in season in which an area is observed."""

DUSK, GREATEST_ZENITH_DISTANCE = -15.0, 55.0
"""Highest Sun; lowest area, deg."""

PAIR_SPACING = 33.0 / 1440.0
"""Time between the visits of a pair, d."""

PAIRS_PER_NIGHT = 3
"""Pairs that a clear night offers."""

_STEPS = 25
_SEASON, _MOST_NIGHTS = 183, 36_600


def schedule(plan: CatalogPlan) -> NDArray[np.void]:
    """Return the visits of a plan, a table of `POINTING`, in order of time.

    A night offers up to three pairs, each at a boresight of its own, uniform in the area, and at
    a rotation of its own. What a night offers depends on the seed, the area and the night alone.

    Raises
    ------
    SkytractError
        If the area is never up at night.
    """
    found: list[NDArray[np.void]] = []
    number = 0
    for first in range(0, _MOST_NIGHTS, _SEASON):
        nights = [n for n in START_MJD + np.arange(first, first + _SEASON) if _is_clear(plan, n)]
        for night, times in zip(nights, _dark_times(plan, np.array(nights)), strict=True):
            if len(times) >= 4 and number < plan.visits:
                found.append(_night(plan, int(night), times))
                number += len(found[-1])
        if number >= plan.visits:
            return np.concatenate(found)[: plan.visits]
    raise SkytractError(
        f"The area at ra {plan.ra}, dec {plan.dec} offers {number} visits in a century, and"
        f" {plan.visits} are asked for: move it to where it is up at night."
    )


def _is_clear(plan: CatalogPlan, night: float) -> bool:
    """Tell whether the area is observed in a night, if it is up."""
    return generator(plan.seed, Stream.CATALOG_VISIT, int(night), 1).random() < CLEAR_NIGHTS


def _dark_times(plan: CatalogPlan, nights: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return for each night the times, half an hour apart, at which the area is up."""
    grid = nights[:, None] + 0.2 + np.linspace(-0.25, 0.25, _STEPS)  # local midnight: 0.2 d UTC
    up = zenith(grid.ravel())
    sun = np.sum(up * sun_direction(grid.ravel()), axis=1)
    centre = unit_vectors(plan.ra, plan.dec)
    limit = np.cos(np.radians(GREATEST_ZENITH_DISTANCE))
    dark = (sun < np.sin(np.radians(DUSK))) & (up @ centre > limit)
    return [times[there] for times, there in zip(grid, dark.reshape(grid.shape), strict=True)]


def _night(plan: CatalogPlan, night: int, times: NDArray[np.float64]) -> NDArray[np.void]:
    """Return the visits of one clear night."""
    uniform = generator(plan.seed, Stream.CATALOG_VISIT, night).random((PAIRS_PER_NIGHT, 6))
    last = max(times[-1] - PAIR_SPACING, times[0])
    starts = times[0] + (last - times[0]) * np.sort(uniform[:, 0])
    pairs = [pair for pair in PAIRS if set(pair) & set(plan.bands)]
    visits = np.zeros(2 * PAIRS_PER_NIGHT, POINTING)
    for k, (start, u) in enumerate(zip(starts, uniform, strict=True)):
        two = visits[2 * k : 2 * k + 2]
        pair = [band for band in pairs[int(u[1] * len(pairs))] if band in plan.bands]
        two["band"] = [BANDS.index(pair[0]), BANDS.index(pair[-1])]
        two["ra"], two["dec"] = _place(plan, u[2], u[3])
        two["skyRotation"] = 360.0 * u[4]
        two["expMidptMJD"] = start + PAIR_SPACING * (np.arange(2) + 0.1 * u[5])
    visits = visits[np.argsort(visits["expMidptMJD"], kind="stable")]
    visits["visit"] = night * 10_000 + np.arange(len(visits))
    return visits


def _place(plan: CatalogPlan, u: float, v: float) -> tuple[float, float]:
    """Return a position [deg] in the area, uniform for uniform u and v."""
    distance = np.radians(plan.radius) * np.sqrt(u)
    east, north = distance * np.sin(2.0 * np.pi * v), distance * np.cos(2.0 * np.pi * v)
    x, y, z = np.array([east, north, np.sqrt(1.0 - distance**2)]) @ tangent_axes(plan.ra, plan.dec)
    return float(np.degrees(np.arctan2(y, x)) % 360.0), float(np.degrees(np.arcsin(z)))
