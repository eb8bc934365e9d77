"""Which DiaObjects lie near the DiaSources of a visit, however crowded it is."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from skytract.udf.association.dia_sums import Floats
from skytract.udf.association.link_friends import chord, unit_vectors
from skytract.udf.sky.array_bytes import read_array

MOST_PAIRS = 4_000_000
"""More pairs of a visit are refused: to rank them takes some 400 bytes each."""

ROUNDING = 1e-9
"""Pairs are taken that are relatively farther apart by this: the exact test comes with the rank."""


def pair_dia_objects(
    source_ids: bytes,
    source_ra: bytes,
    source_dec: bytes,
    object_ids: bytes,
    object_ra: bytes,
    object_dec: bytes,
    radius_arcsec: float,
) -> tuple[list[int], list[int]]:
    """Return ids of the pairs of a DiaSource and a DiaObject within a radius, or a hair more.

    Parameters
    ----------
    source_ids, object_ids
        Images of bigint arrays (`array_bytes`).
    source_ra, source_dec, object_ra, object_dec
        Images of float8 arrays: ICRS positions [deg], finite.

    Returns
    -------
    source_id, object_id : lists of int, of equal length

    Raises
    ------
    ValueError
        As `near_pairs`, or if the radius is out of range.

    Examples
    --------
    >>> from skytract.udf.sky.array_bytes import write_array
    >>> seen = [write_array(np.array([number])) for number in (7, 10.0, 5.0)]
    >>> known = [write_array(np.array([number])) for number in (8, 10.0, 5.0001)]
    >>> pair_dia_objects(*seen, *known, 1.0)
    ([7], [8])
    """
    sources, objects = (
        unit_vectors(read_array(ra, np.float64), read_array(dec, np.float64))
        for ra, dec in ((source_ra, source_dec), (object_ra, object_dec))
    )
    source, place = near_pairs(sources, objects, chord(radius_arcsec))
    ids, matched = read_array(source_ids, np.int64), read_array(object_ids, np.int64)
    return ids[source].tolist(), matched[place].tolist()


def near_pairs(
    sources: Floats, objects: Floats, reach: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of sources and objects, unit vectors (n, 3), within a chord of each other.

    Raises
    ------
    ValueError
        If there are more than `MOST_PAIRS`, which are counted before they fill the memory.
    """
    near, around = cKDTree(sources), cKDTree(objects)
    reach *= 1.0 + ROUNDING
    if near.n * around.n > MOST_PAIRS and near.count_neighbors(around, reach) > MOST_PAIRS:
        raise ValueError(
            f"more than {MOST_PAIRS} pairs of a DiaSource of one visit and a DiaObject lie within "
            "the radius: drop spurious detections, or take a smaller radius"
        )
    pairs = near.sparse_distance_matrix(around, reach, output_type="ndarray")
    return pairs["i"], pairs["j"]
