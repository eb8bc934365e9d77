"""All HEALPix cells that the surroundings of positions reach into."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skytract.udf.association.touched_cells import touched_cells
from skytract.udf.sky.healpix import ORDER
from skytract.udf.sky.hpx29 import hpx29


class ReachedCells(NamedTuple):
    """Pairs of a position and a cell, as two lists."""

    id: list[int]
    cell: list[int]


def reached_cells(
    position_id: ArrayLike, ra: ArrayLike, dec: ArrayLike, radius_arcsec: float, cell_order: int
) -> ReachedCells:
    """Return for each position its own cell and those `touched_cells` finds.

    Parameters
    ----------
    position_id : array_like of int, shape (n,)
        What a position is called by.
    ra, dec : array_like, shape (n,)
        ICRS position [deg].
    radius_arcsec : float
        Radius of the circles [arcsec]; the cells must be at least ten times as wide.
    cell_order : int
        HEALPix order of the cells.

    Returns
    -------
    ReachedCells
        Ids of positions and NESTED indices of cells, each pair once.

    Raises
    ------
    ValueError
        If the cells are too small for the radius.

    Examples
    --------
    >>> reached_cells([7], [45.0], [0.1], 0.5, 13)
    ReachedCells(id=[7], cell=[204])
    """
    ids = np.asarray(position_id, np.int64)
    own = hpx29(np.asarray(ra, float), np.asarray(dec, float)) >> 2 * (ORDER - cell_order)
    touched = np.array(touched_cells(ra, dec, radius_arcsec, cell_order), np.int64).reshape(-1, 2)
    return ReachedCells(
        np.concatenate([ids, ids[touched[:, 0] - 1]]).tolist(),
        np.concatenate([own, touched[:, 1]]).tolist(),
    )
