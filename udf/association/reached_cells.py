"""All HEALPix cells that the surroundings of positions reach into."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.touched_cells import touched_cells
from skytract.udf.sky.array_bytes import read_array, write_array
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
    ids, cells = reached_cell_pairs(
        np.asarray(position_id, np.int64),
        np.asarray(ra, float),
        np.asarray(dec, float),
        radius_arcsec,
        cell_order,
    )
    return ReachedCells(ids.tolist(), cells.tolist())


def reached_cells_packed(
    position_id: bytes, ra: bytes, dec: bytes, radius_arcsec: float, cell_order: int
) -> tuple[bytes, bytes]:
    """Return what `reached_cells` does, columns coming and going as images of arrays."""
    places = read_array(ra, np.float64), read_array(dec, np.float64)
    ids, cells = reached_cell_pairs(
        read_array(position_id, np.int64), *places, radius_arcsec, cell_order
    )
    return write_array(ids), write_array(cells)


def reached_cell_pairs(
    ids: NDArray[np.int64],
    ra: NDArray[np.float64],
    dec: NDArray[np.float64],
    radius_arcsec: float,
    cell_order: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the columns of `reached_cells` as arrays."""
    own = hpx29(ra, dec) >> 2 * (ORDER - cell_order)
    touched = np.array(touched_cells(ra, dec, radius_arcsec, cell_order), np.int64).reshape(-1, 2)
    return (
        np.concatenate([ids, ids[touched[:, 0] - 1]]),
        np.concatenate([own, touched[:, 1]]),
    )
