"""The bytes of `COPY ... TO STDOUT (FORMAT binary)` to Arrow columns, in numpy.

The other way round than `copy_binary`, where the format is described. All rows advance field by
field: where a field begins in each row follows from where the one before it ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skytract.loaders.copy_binary import HEADER
from skytract.loaders.copy_column import FIXED
from skytract.loaders.errors import SkytractError

Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
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
        field = _Field.read(stream, at)
        arrays.append(_column(field, type_))
        at = field.end
    return arrays


class _Stream:
    """Bytes from which words are read that begin anywhere."""

    def __init__(self, data: bytes) -> None:
        # A NULL at the very end has no bytes; reading its value must not leave the buffer.
        self.bytes = np.frombuffer(data + bytes(8), np.uint8)
        everywhere = (len(data) + 1,)
        self._words: Words = np.ndarray(everywhere, ">u8", self.bytes, strides=(1,))

    def words(self, at: Integers) -> Words:
        """Read eight bytes from each place, the first one being the highest."""
        return self._words[at].astype(np.uint64)


@dataclass(frozen=True)
class _Field:
    """One field of every row, or one element of every array.

    Parameters
    ----------
    stream : _Stream
        The bytes.
    first : ndarray of uint64
        Length of the field, and the four bytes after it.
    at, size : ndarray of int64
        Where the value begins, and its bytes; -1 for NULL.
    """

    stream: _Stream
    first: Words
    at: Integers
    size: Integers

    @classmethod
    def read(cls, stream: _Stream, at: Integers) -> "_Field":
        """Read the fields whose lengths begin at some places."""
        first = stream.words(at)
        return cls(stream, first, at + 4, first.view(np.int64) >> 32)

    @property
    def end(self) -> Integers:
        """Where the next field begins."""
        return self.at + np.maximum(self.size, 0)

    @property
    def missing(self) -> npt.NDArray[np.bool_] | None:
        """Whether there is no value; None if all rows have one."""
        missing = self.size < 0
        return missing if missing.any() else None

    def numbers(self, wire: str) -> npt.NDArray[Any]:
        """Return the values, which have this type, as native numbers."""
        native = np.dtype(wire).newbyteorder("=")
        if native.itemsize == 8:
            return self.stream.words(self.at).view(native)
        bits = np.uint64(32 - 8 * native.itemsize)
        return (self.first >> bits).astype(f"u{native.itemsize}").view(native)


def _column(field: _Field, type_: str) -> pa.Array:
    if type_.endswith("[]"):
        return _lists(field, type_)
    if type_ in FIXED:
        values = field.numbers(FIXED[type_])
        values = values.view(np.bool_) if type_ == "boolean" else values
        return pa.array(values, ARROW[type_], mask=field.missing)
    return _times(field, type_) if type_ in CALENDAR else _texts(field, type_)


def _times(field: _Field, type_: str) -> pa.Array:
    wire, since = CALENDAR[type_]
    values = field.numbers(wire)
    limits = np.iinfo(values.dtype)
    if np.any(((values == limits.max) | (values == limits.min)) & (field.size >= 0)):
        raise SkytractError(
            "A time is infinite, which no file can hold: leave such rows out, or write the column "
            "as text (column::text AS column)."
        )
    return pa.array(values + since, mask=field.missing).view(ARROW[type_])


def _texts(field: _Field, type_: str) -> pa.Array:
    lengths = np.maximum(field.size, 0)
    offsets = _offsets(lengths)
    within = np.arange(offsets[-1]) + np.repeat(field.at - offsets[:-1], lengths)
    texts = field.stream.bytes[within]
    missing = field.missing
    valid = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    buffers = [valid, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(texts)]
    return pa.Array.from_buffers(ARROW[type_], len(lengths), buffers)


def _lists(field: _Field, type_: str) -> pa.Array:
    """Decode arrays: dimensions, flags, element type; then size, origin and elements if any."""
    there = field.size >= 0
    dimensions = np.where(there, field.numbers(">i4"), 0)
    if np.any(dimensions > 1):
        raise SkytractError(
            "A column holds arrays of more than one dimension: write it as text "
            "(column::text AS column), or its parts as columns."
        )
    filled = np.flatnonzero(dimensions)
    sizes = np.zeros(len(there), np.int64)
    sizes[filled] = field.stream.words(field.at[filled] + 12).view(np.int64) >> 32
    offsets = _offsets(sizes)
    elements = _Field.read(field.stream, _elements(field, sizes, offsets))
    values = _column(elements, type_.removesuffix("[]"))
    mask = None if there.all() else pa.array(~there)
    starts = pa.array(offsets.astype(np.int32))
    return pa.ListArray.from_arrays(starts, values, type=arrow_type(type_), mask=mask)


def _elements(field: _Field, sizes: Integers, offsets: Integers) -> Integers:
    """Find where the elements of all arrays begin, in the arrays' order."""
    places = np.zeros(offsets[-1], np.int64)
    at = field.at + 20
    for k in range(int(sizes.max(initial=0))):
        arrays = np.flatnonzero(sizes > k)
        places[offsets[arrays] + k] = at[arrays]
        at[arrays] = _Field.read(field.stream, at[arrays]).end
    return places


def _offsets(lengths: Integers) -> Integers:
    """Return where each of some things begins that lie one behind the other, and the end."""
    return np.concatenate([[0], np.cumsum(lengths)])
