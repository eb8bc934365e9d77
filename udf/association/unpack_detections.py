"""Detections as one string of bytes: how many rows go from the database to Python in one call."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

DETECTION = np.dtype(
    [
        ("hpx29", ">i8"),
        ("sourceId", ">i8"),
        ("visit", ">i8"),
        ("ra", ">f8"),
        ("dec", ">f8"),
        ("detect_isPrimary", "?"),
    ]
)
"""A detection as association.pack_detection writes it; positions in degrees."""


def unpack_detections(packed: bytes) -> NDArray[Any]:
    """Return packed detections as a structured array.

    Raises
    ------
    ValueError
        If a position is not finite; the message names the detection.

    Examples
    --------
    >>> unpack_detections(np.zeros(2, DETECTION).tobytes())["visit"].tolist()
    [0, 0]
    """
    rows = np.frombuffer(packed, DETECTION)
    bad = np.flatnonzero(~(np.isfinite(rows["ra"]) & np.isfinite(rows["dec"])))
    if bad.size:
        raise ValueError(
            f"detection {rows['sourceId'][bad[0]]} of visit {rows['visit'][bad[0]]} has no finite "
            "position: correct or drop that row"
        )
    return rows
