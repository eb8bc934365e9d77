"""Columns to the bytes of `COPY ... (FORMAT binary)`, in numpy, without a Python step per row.

A tuple of that format is a 2-byte field count, then per field a 4-byte length and the big-endian
value; a NULL is the length -1 and no bytes (PostgreSQL manual, COPY, "Binary Format"). Some rows at
a time are written into a block of records, as if nothing were NULL and every text had the greatest
length, and the bytes that a row does not have are filtered out.

Columns of one width that stand side by side are a panel: their values are gathered as the rows of
a matrix, whose transpose is written into the records at once. That takes a fifth of the time of
writing column by column, each with a stride of a whole record.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skytract.loaders.copy_block import Block
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_panels import TAIL, panels

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, no flags, no header extension."""

TRAILER = b"\xff\xff"
"""A field count of -1: end of data."""

BLOCK_BYTES = 1 << 20
"""Bytes of records that are written, and sent, at a time: they must stay in the cache."""


class Piece(NamedTuple):
    """A part of the stream: so many rows, in these bytes."""

    rows: int
    data: memoryview


def arrange(columns: Sequence[CopyColumn]) -> list[CopyColumn]:
    """Return columns in the order in which they are encoded fastest: few and large panels."""
    return sorted(columns, key=lambda column: (column.panel == TAIL, column.panel))


def encode(
    columns: Sequence[CopyColumn],
    order: npt.NDArray[np.int64] | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Piece]:
    """Encode rows as binary COPY, header and trailer included.

    Parameters
    ----------
    columns : sequence of CopyColumn
        All of the same length n, in the order of the COPY statement's column list.
    order : ndarray of int64, optional
        Rows in the order in which they are sent; default is as they are.
    block_bytes : int
        Approximate size of one piece.

    Yields
    ------
    Piece
        Parts of the stream, in order; the first and the last one have no rows.
    """
    yield Piece(0, memoryview(HEADER))
    n = len(columns[0].values)
    block = Block(panels(columns), len(columns), block_bytes)
    for start in range(0, n, block.rows):
        stop = min(start + block.rows, n)
        rows = slice(start, stop) if order is None else order[start:stop]
        yield Piece(stop - start, block.encode(rows, stop - start))
    yield Piece(0, memoryview(TRAILER))
