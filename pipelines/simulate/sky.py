"""The sky model: what lies in a region, the same objects whatever region is asked for."""

from collections.abc import Callable

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.galaxies import draw_galaxies
from skytract.pipelines.simulate.objects import OBJECT, POSITION_ORDER, place
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.stars import draw_stars
from skytract.pipelines.simulate.variables import draw_grey, draw_rr_lyrae

CELL_ORDER = 11
"""The sky is drawn cell by cell, in HEALPix pixels (NESTED) of this order: 1.7 arcminutes wide."""

CELL_AREA = 4.0 * np.pi / (12 * 4**CELL_ORDER)
"""Area of a cell, sr."""


def objects_in_cell(seed: int, cell: int) -> NDArray[np.void]:
    """Draw all objects of one cell, sorted by id; a pure function of seed and cell.

    A cell holds stars and galaxies in Poisson numbers, and one variable star of each class.
    Positions are uniform over the cell's pixels of order 29.
    """
    centre = np.array(healpy.pix2vec(1 << CELL_ORDER, cell, nest=True))
    draws: dict[Stream, Callable[[np.random.Generator], NDArray[np.void]]] = {
        Stream.STARS: lambda rng: draw_stars(rng, centre, CELL_AREA),
        Stream.GALAXIES: lambda rng: draw_galaxies(rng, CELL_AREA),
        Stream.RR_LYRAE: lambda rng: draw_rr_lyrae(rng, 1),
        Stream.ECLIPSING: lambda rng: draw_grey(rng, 1, "eclipsing"),
        Stream.SINUSOIDAL: lambda rng: draw_grey(rng, 1, "sinusoidal"),
    }
    pixels = 4 ** (POSITION_ORDER - CELL_ORDER)
    populations, indices = [], []
    for stream, draw in draws.items():
        rng = generator(seed, stream, cell)
        population = draw(rng)
        populations.append(population)
        indices.append(cell * pixels + rng.integers(0, pixels, len(population)))
    return place(populations, indices)


def objects_in_cone(seed: int, ra: float, dec: float, radius: float) -> NDArray[np.void]:
    """Return all objects within `radius` deg of (ra, dec) [deg, ICRS], sorted by id.

    Examples
    --------
    >>> near = objects_in_cone(42, 10.0, -30.0, 0.02)
    >>> wide = objects_in_cone(42, 10.01, -30.01, 0.05)
    >>> bool(np.isin(near["truthId"], wide["truthId"]).all())
    True
    """
    vector = healpy.ang2vec(ra, dec, lonlat=True)
    cells = healpy.query_disc(
        1 << CELL_ORDER, vector, np.radians(radius), inclusive=True, nest=True
    )
    found = [objects_in_cell(seed, int(cell)) for cell in np.sort(cells)]
    objects = np.concatenate(found) if found else np.zeros(0, OBJECT)
    there = healpy.ang2vec(objects["ra"], objects["dec"], lonlat=True)
    chord = np.linalg.norm(there - vector, axis=1)
    return np.asarray(objects[chord <= 2.0 * np.sin(np.radians(radius) / 2.0)])
