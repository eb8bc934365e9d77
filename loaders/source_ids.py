"""Ids of detections that are numbered on their detector only."""

from typing import Any

import numpy as np
import numpy.typing as npt

VISIT_SHIFT = 26
DETECTOR_SHIFT = 18
"""sourceId = visit * 2^26 + detector * 2^18 + running number."""

MAX_VISIT = 1 << (63 - VISIT_SHIFT)
MAX_DETECTOR = 1 << (VISIT_SHIFT - DETECTOR_SHIFT)
MAX_SOURCES = 1 << DETECTOR_SHIFT


def pack_source_id(visit: Any, detector: Any, number: Any) -> npt.NDArray[np.int64]:
    """Return ids of detections that are unique over all visits.

    Parameters
    ----------
    visit, detector, number : int or ndarray of int, shape (n,)
        From 0, and below `MAX_VISIT`, `MAX_DETECTOR` and `MAX_SOURCES`: the caller sees to it.

    Examples
    --------
    >>> [int(i) for i in pack_source_id(1, 2, np.array([0, 1]))]
    [67633152, 67633153]
    """
    parts = [np.asarray(part).astype(np.int64) for part in (visit, detector, number)]
    return np.asarray((parts[0] << VISIT_SHIFT) + (parts[1] << DETECTOR_SHIFT) + parts[2])
