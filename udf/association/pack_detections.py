"""Detections as one string of bytes: how many rows go from the database to Python in one call."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skytract.udf.sky.array_bytes import read_array

DETECTION = np.dtype(
    [
        ("hpx29", "i8"),
        ("sourceId", "i8"),
        ("visit", "i8"),
        ("ra", "f8"),
        ("dec", "f8"),
        ("detect_isPrimary", "?"),
    ]
)
"""A packed detection; positions in degrees."""


def pack_detections(
    hpx29: bytes, source_id: bytes, visit: bytes, ra: bytes, dec: bytes, is_primary: bytes
) -> bytes:
    """Return detections row by row (`DETECTION`), from the array of each column (`array_bytes`)."""
    columns = (hpx29, source_id, visit, ra, dec, is_primary)
    arrays = [read_array(column, DETECTION[place].type) for place, column in enumerate(columns)]
    rows = np.empty(len(arrays[0]), DETECTION)
    for name, array in zip(DETECTION.names or (), arrays, strict=True):
        rows[name] = array
    return rows.tobytes()


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
