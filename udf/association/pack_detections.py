"""Detections as one string of bytes: how many rows go from the database to Python in one call."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skytract.udf.sky.array_bytes import read_array

ROW = 41
"""Bytes of a packed detection."""

HEAD = 8
"""Bytes before the columns, the number of rows; all begins at multiples of it."""


class Detections(NamedTuple):
    """Columns of detections: sky key, id, visit, ICRS position [deg], not deblended further."""

    hpx29: NDArray[np.int64]
    source_id: NDArray[np.int64]
    visit: NDArray[np.int64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    is_primary: NDArray[np.bool_]

    def take(self, rows: NDArray[np.bool_]) -> "Detections":
        """Return some of the rows."""
        return Detections._make(column[rows] for column in self)

    def packed(self) -> bytes:
        """Return them as bytes: their number, then column after column, and up to 7 zeros."""
        count = len(self.hpx29)
        head = count.to_bytes(HEAD, "little")
        return b"".join([head, *(column.tobytes() for column in self), bytes(-count % HEAD)])


TYPES = (np.int64, np.int64, np.int64, np.float64, np.float64, np.bool_)
"""Of the columns of `Detections`."""


def pack_detections(
    hpx29: bytes, source_id: bytes, visit: bytes, ra: bytes, dec: bytes, is_primary: bytes
) -> bytes:
    """Return packed detections (`Detections.packed`), from images of arrays (`array_bytes`).

    Packed detections that follow each other are packed detections, too.
    """
    columns = (hpx29, source_id, visit, ra, dec, is_primary)
    return Detections._make(map(read_array, columns, TYPES)).packed()


def unpack_detections(packed: bytes) -> Detections:
    """Return the columns of packed detections.

    Raises
    ------
    ValueError
        If a position is not finite; the message names the detection.

    Examples
    --------
    >>> rows = Detections._make(np.zeros(2, kind) for kind in TYPES).packed()
    >>> unpack_detections(rows + rows).visit.tolist()
    [0, 0, 0, 0]
    """
    chunks = [Detections._make(np.empty(0, kind) for kind in TYPES)]
    place = 0
    while place < len(packed):
        count = int.from_bytes(packed[place : place + HEAD], "little")
        place += HEAD
        columns: list[NDArray[Any]] = []
        for kind in TYPES:
            columns.append(np.frombuffer(packed, kind, count, place))
            place += columns[-1].nbytes
        place += -count % HEAD
        chunks.append(Detections._make(columns))
    rows = Detections._make(map(np.concatenate, zip(*chunks, strict=True)))
    bad = np.flatnonzero(~(np.isfinite(rows.ra) & np.isfinite(rows.dec)))
    if bad.size:
        raise ValueError(
            f"detection {rows.source_id[bad[0]]} of visit {rows.visit[bad[0]]} has no finite "
            "position: correct or drop that row"
        )
    return rows
