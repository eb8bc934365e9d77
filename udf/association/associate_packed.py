"""Object ids of the detections of a stretch of sky, given with its halo."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.group_sources import first_rows
from skytract.udf.association.link_friends import chord, unit_vectors
from skytract.udf.association.number_objects import number_objects
from skytract.udf.association.pack_detections import unpack_detections
from skytract.udf.sky.array_bytes import write_array


def associate_packed(
    detections: bytes, lo: int, hi: int, radius_arcsec: float
) -> Iterator[tuple[bytes, bytes, bytes, int]]:
    """Return the objectId of each detection of a stretch of sky (LDM-151, section 8.24.4).

    Groups are those of `group_sources`, ids those of `number_objects`.

    Parameters
    ----------
    detections
        Packed (`pack_detections`): those of the stretch, and those of its closed halo.
    lo, hi
        Stretch [lo, hi) of the sky key.
    radius_arcsec
        Matching radius [arcsec].

    Returns
    -------
    iterator of one (hpx29, sourceId, objectId, number of objects discovered in the stretch)
        The columns as arrays of `array_bytes`, ascending in (hpx29, sourceId).
    """
    hpx, keys, visits, ra, dec, is_primary = unpack_detections(detections)
    points = unit_vectors(ra, dec)
    first = first_rows(visits, keys, is_primary, points, chord(radius_arcsec))
    discovers = first == np.arange(len(hpx))
    ids = np.empty(len(hpx), dtype=np.int64)
    ids[discovers] = number_objects(hpx[discovers], visits[discovers], keys[discovers])
    inside = np.flatnonzero((hpx >= lo) & (hpx < hi))
    inside = inside[_order(hpx[inside], keys[inside])]
    made = int(discovers[inside].sum())
    objects = write_array(ids[first[inside]])
    yield write_array(hpx[inside]), write_array(keys[inside]), objects, made


def _order(hpx: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the order by (hpx, key); keys are looked at only where two rows share an hpx."""
    order = np.argsort(hpx)
    if (np.diff(hpx[order]) == 0).any():
        order = np.lexsort((keys, hpx))
    return order
