"""The sky model: what lies in a region, the same objects whatever region is asked for."""

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.cell import CELL_ORDER as CELL_ORDER
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.galaxies import draw_galaxies
from skytract.pipelines.simulate.groups import RADIUS
from skytract.pipelines.simulate.objects import OBJECT, flux_of_magnitude, place, total_flux
from skytract.pipelines.simulate.quasars import draw_quasars
from skytract.pipelines.simulate.stars import draw_stars
from skytract.pipelines.simulate.variable_objects import draw_events, draw_pulsating

LIMIT = 24.5
"""Faintest r magnitude, unless one asks for another."""

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
    here, faintest = Cell(seed, cell, boost), flux_of_magnitude(np.float64(limit))
    galaxies, places = draw_galaxies(here, limit)
    drawn = [
        draw_stars(here, limit),
        draw_quasars(here, limit),
        draw_pulsating(here, limit),
        (galaxies, places),
        draw_events(here, galaxies, places),
    ]
    bright = [total_flux(objects) > faintest for objects, _ in drawn]
    return place(
        [objects[keep] for (objects, _), keep in zip(drawn, bright, strict=True)],
        [indices[keep] for (_, indices), keep in zip(drawn, bright, strict=True)],
    )


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
    vector = healpy.ang2vec(ra, dec, lonlat=True)
    longest = 2.0 * np.sin(np.radians(min(radius, 180.0)) / 2.0)
    found = [np.zeros(0, OBJECT)]
    for cell in cells_in_cone(ra, dec, radius):
        objects = objects_in_cell(seed, int(cell), limit, boost)
        there = healpy.ang2vec(objects["ra"], objects["dec"], lonlat=True)
        found.append(objects[np.linalg.norm(there - vector, axis=1) <= longest])
    objects = np.concatenate(found)
    return np.asarray(objects[np.argsort(objects["truthId"], kind="stable")])
