"""The sky model: what lies in a region, the same objects whatever region is asked for."""

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.cell import CELL_ORDER as CELL_ORDER
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.galaxies import draw_galaxies
from skytract.pipelines.simulate.groups import RADIUS
from skytract.pipelines.simulate.objects import OBJECT, flux_of_magnitude, join, place, total_flux
from skytract.pipelines.simulate.quasars import draw_quasars
from skytract.pipelines.simulate.stars import draw_stars
from skytract.pipelines.simulate.variable_objects import draw_events, draw_pulsating

LIMIT = 24.5
"""Faintest r magnitude, unless one asks for another."""

BRIGHTEST, FAINTEST = 14.0, 28.0
"""Range of r magnitudes that the model holds; brighter stars are saturated in any survey."""

REACH = RADIUS / 60.0 + 0.01
"""No object lies farther than this from its cell, deg: members of groups and their supernovae."""


def objects_in_cell(
    seed: int, cell: int, limit: float = LIMIT, boost: float = 1.0
) -> NDArray[np.void]:
    """Draw all objects that belong to one cell, sorted by id: a pure function of the arguments.

    Every object belongs to one cell; some galaxies lie up to REACH outside theirs. An object that
    is brighter than two limits is the same for both; transients come with hosts brighter than it.

    Parameters
    ----------
    seed
        That of the sky.
    cell
        HEALPix index (NESTED) of order CELL_ORDER.
    limit
        Faintest r magnitude, mean over time.
    boost
        Factor on the density of pulsating stars.
    """
    check_request(limit, boost)
    here = Cell(seed, cell, boost)
    faintest, brightest = flux_of_magnitude(np.array([limit, BRIGHTEST]))
    galaxies, places = draw_galaxies(here, limit)
    drawn = [
        draw_stars(here, limit),
        draw_quasars(here, limit),
        draw_pulsating(here, limit),
        (galaxies, places),
        draw_events(here, galaxies, places),
    ]
    flux = [total_flux(objects) for objects, _ in drawn]
    kept = [np.flatnonzero((one > faintest) & (one < brightest)) for one in flux]
    return place(
        [objects.take(rows) for (objects, _), rows in zip(drawn, kept, strict=True)],
        [indices[rows] for (_, indices), rows in zip(drawn, kept, strict=True)],
    )


def check_request(limit: float, boost: float = 1.0) -> None:
    """Refuse a limit beyond what the model holds, and densities that make no sense."""
    if not BRIGHTEST < limit <= FAINTEST:
        raise SkytractError(
            f"The limit is {limit} mag, but the simulated sky holds r magnitudes from"
            f" {BRIGHTEST:.0f} to {FAINTEST:.0f}: choose one in this range."
        )
    if not 0.0 <= boost < np.inf:
        raise SkytractError(f"boost is {boost}, but it multiplies a density: choose a number >= 0.")


def cells_in_cone(ra: float, dec: float, radius: float) -> NDArray[np.int64]:
    """Return the cells whose objects can lie within `radius` deg of (ra, dec) [deg], ascending."""
    vector = healpy.ang2vec(ra, dec, lonlat=True)
    reach = np.radians(min(radius + REACH, 180.0))
    return np.sort(healpy.query_disc(1 << CELL_ORDER, vector, reach, inclusive=True, nest=True))


def objects_in_cone(
    seed: int, ra: float, dec: float, radius: float, limit: float = LIMIT, boost: float = 1.0
) -> NDArray[np.void]:
    """Return all objects within `radius` deg of (ra, dec) [deg, ICRS], sorted by id.

    `seed`, `limit` and `boost` as in `objects_in_cell`.

    Examples
    --------
    >>> near = objects_in_cone(42, 10.0, -30.0, 0.02, limit=22.0)
    >>> wide = objects_in_cone(42, 10.01, -30.01, 0.05, limit=23.0)
    >>> bool(np.isin(near["truthId"], wide["truthId"]).all())
    True
    """
    check_request(limit, boost)
    if not (np.isfinite(ra) and abs(dec) <= 90.0 and 0.0 < radius <= 180.0):
        raise SkytractError(
            f"There is no circle of {radius} deg about ({ra}, {dec}): give a position in degrees,"
            " -90 <= dec <= 90, and a radius above 0 and at most 180."
        )
    vector = healpy.ang2vec(ra, dec, lonlat=True)
    longest = 2.0 * np.sin(np.radians(radius) / 2.0)
    found = [np.zeros(0, OBJECT)]
    for cell in cells_in_cone(ra, dec, radius):
        objects = objects_in_cell(seed, int(cell), limit, boost)
        there = healpy.ang2vec(objects["ra"], objects["dec"], lonlat=True)
        near = np.linalg.norm(there - vector, axis=1) <= longest
        found.append(objects.take(np.flatnonzero(near)))
    objects = join(found)
    return objects.take(np.argsort(objects["truthId"], kind="stable"))
