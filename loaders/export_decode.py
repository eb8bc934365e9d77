"""The bytes of `COPY ... TO STDOUT (FORMAT binary)` to Arrow columns, in numpy.

The other way round than `copy_binary`, where the format is described. All rows advance field by
field: where a field begins in each row follows from where the one before it ended.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skytract.loaders.copy_binary import FIXED, HEADER
from skytract.loaders.errors import SkytractError

Integers = npt.NDArray[np.int64]
Bytes = bytes | bytearray | memoryview

ARROW = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "smallint": pa.int16(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "text": pa.string(),
    "character varying": pa.string(),
    "character": pa.string(),
    "name": pa.string(),
    "bytea": pa.binary(),
}
"""Types of SQL that are decoded, and what they become; with [] behind it, lists of them."""

DAYS, MICROSECONDS = 10957, 946_684_800_000_000
"""From 1970, where Arrow's calendar begins, to 2000, where PostgreSQL's does."""

CALENDAR = {
    "date": (">i4", DAYS),
    "timestamp without time zone": (">i8", MICROSECONDS),
    "timestamp with time zone": (">i8", MICROSECONDS),
}
"""Times: how the server sends them, and what is added."""


def arrow_type(type_: str) -> pa.DataType:
    """Return the Arrow type of a type of SQL.

    >>> str(arrow_type("smallint[]").value_type)
    'int16'
    """
    element = ARROW[type_.removesuffix("[]")]
    return pa.list_(element) if type_.endswith("[]") else element


def strip_header(message: Bytes) -> Bytes:
    """Return the first message of a COPY without the header, which the server sends along."""
    return memoryview(message)[len(HEADER) :]


def decode(rows: Sequence[Bytes], types: Sequence[str]) -> list[pa.Array]:
    """Decode rows, as the server sends them, into columns.

    Parameters
    ----------
    rows : sequence of bytes
        One tuple each: field count, then length and value of every field.
    types : sequence of str
        Type of each field: a key of `ARROW`, or that followed by [].

    Returns
    -------
    list of pyarrow.Array
        One for every type. NULL stays NULL and NaN stays NaN.
    """
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    stream = _Stream(b"".join(rows))
    at = np.cumsum(lengths) - lengths + 2
    arrays = []
    for type_ in types:
        size = stream.numbers(">i4", at).astype(np.int64)
        arrays.append(_column(stream, type_, at + 4, size))
        at = at + 4 + np.maximum(size, 0)
    return arrays


class _Stream:
    """Bytes from which numbers are read that begin anywhere."""

    def __init__(self, data: bytes) -> None:
        # A NULL at the very end has no bytes; reading its value must not leave the buffer.
        self.bytes = np.frombuffer(data + bytes(8), np.uint8)

    def numbers(self, dtype: str, at: Integers) -> npt.NDArray[Any]:
        """Read one big-endian number at each place, into native ones."""
        wire = np.dtype(dtype)
        size = self.bytes.size - wire.itemsize + 1
        everywhere: npt.NDArray[Any] = np.ndarray((size,), wire, self.bytes, strides=(1,))
        return everywhere[at].astype(wire.newbyteorder("="))


def _column(stream: _Stream, type_: str, at: Integers, size: Integers) -> pa.Array:
    """Decode values that begin at some bytes and have some sizes, -1 for NULL."""
    if type_.endswith("[]"):
        return _lists(stream, type_, at, size)
    if type_ in FIXED:
        values = stream.numbers(FIXED[type_], at)
        values = values.view(np.bool_) if type_ == "boolean" else values
        return pa.array(values, ARROW[type_], mask=_mask(size))
    if type_ in CALENDAR:
        return _times(stream, type_, at, size)
    return _texts(stream, type_, at, size)


def _mask(size: Integers) -> npt.NDArray[np.bool_] | None:
    missing = size < 0
    return missing if missing.any() else None


def _times(stream: _Stream, type_: str, at: Integers, size: Integers) -> pa.Array:
    wire, since = CALENDAR[type_]
    values = stream.numbers(wire, at)
    limits = np.iinfo(values.dtype)
    if np.any(((values == limits.max) | (values == limits.min)) & (size >= 0)):
        raise SkytractError(
            "A time is infinite, which no file can hold: leave such rows out, or write the column "
            "as text (column::text AS column)."
        )
    values += since
    return pa.array(values, mask=_mask(size)).view(ARROW[type_])


def _texts(stream: _Stream, type_: str, at: Integers, size: Integers) -> pa.Array:
    lengths = np.maximum(size, 0)
    offsets = _offsets(lengths)
    within = np.arange(offsets[-1]) + np.repeat(at - offsets[:-1], lengths)
    missing = _mask(size)
    valid = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    buffers = [valid, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(stream.bytes[within])]
    return pa.Array.from_buffers(ARROW[type_], len(at), buffers)


def _lists(stream: _Stream, type_: str, at: Integers, size: Integers) -> pa.Array:
    """Decode arrays: dimensions, flags, element type; then size, origin and elements if any."""
    missing = size < 0
    dimensions = np.where(missing, 0, stream.numbers(">i4", at))
    if np.any(dimensions > 1):
        raise SkytractError(
            "A column holds arrays of more than one dimension: write it as text "
            "(column::text AS column), or its parts as columns."
        )
    # The size lies 12 bytes behind the beginning; an empty or absent array has none.
    sizes = np.zeros(len(at), np.int64)
    there = np.flatnonzero(dimensions)
    sizes[there] = stream.numbers(">i4", at[there] + 12)
    offsets = _offsets(sizes)
    element_at, element_size = _elements(stream, at + 20, sizes, offsets)
    values = _column(stream, type_.removesuffix("[]"), element_at, element_size)
    mask = pa.array(missing) if missing.any() else None
    return pa.ListArray.from_arrays(
        pa.array(offsets.astype(np.int32)), values, type=arrow_type(type_), mask=mask
    )


def _elements(
    stream: _Stream, at: Integers, sizes: Integers, offsets: Integers
) -> tuple[Integers, Integers]:
    """Find where the elements of all arrays begin and how long they are, in the arrays' order."""
    element_at, element_size = np.zeros((2, offsets[-1]), np.int64)
    for k in range(int(sizes.max(initial=0))):
        arrays = np.flatnonzero(sizes > k)
        length = stream.numbers(">i4", at[arrays]).astype(np.int64)
        element_at[offsets[arrays] + k] = at[arrays] + 4
        element_size[offsets[arrays] + k] = length
        at[arrays] += 4 + np.maximum(length, 0)
    return element_at, element_size


def _offsets(lengths: Integers) -> Integers:
    """Return where each of some things begins that lie one behind the other, and the end."""
    return np.concatenate([[0], np.cumsum(lengths)])
