"""Object ids of the detections of a stretch of sky, given with its halo."""

import numpy as np

from skytract.udf.association.group_sources import first_rows
from skytract.udf.association.link_friends import chord, unit_vectors
from skytract.udf.association.number_objects import number_objects
from skytract.udf.association.unpack_detections import unpack_detections


def associate_detections(detections: bytes, count: int, radius_arcsec: float) -> str:
    """Return the objectId of each of the first `count` detections (LDM-151, section 8.24.4).

    Groups are those of `group_sources`, ids those of `number_objects`.

    Parameters
    ----------
    detections
        Packed (`unpack_detections.DETECTION`): those of the stretch, then those of its closed halo.
    count
        Number of detections of the stretch.
    radius_arcsec
        Matching radius [arcsec].

    Returns
    -------
    str
        A PostgreSQL array of bigint: as text three times as fast as a list, which would be written
        out number by number.
    """
    rows = unpack_detections(detections)
    hpx, keys, visits = (rows[c].astype(np.int64) for c in ("hpx29", "sourceId", "visit"))
    points = unit_vectors(rows["ra"].astype(float), rows["dec"].astype(float))
    first = first_rows(visits, keys, rows["detect_isPrimary"], points, chord(radius_arcsec))
    discoveries = np.flatnonzero(first == np.arange(len(rows)))
    ids = np.empty(len(rows), dtype=np.int64)
    ids[discoveries] = number_objects(hpx[discoveries], visits[discoveries], keys[discoveries])
    return "{" + ",".join(map(str, ids[first[:count]].tolist())) + "}"
