"""Columns to the bytes of `COPY ... (FORMAT binary)`, in numpy, without a Python step per row.

A tuple of that format is a 2-byte field count, then per field a 4-byte length and the big-endian
value; a NULL is the length -1 and no bytes (PostgreSQL manual, COPY, "Binary Format"). Rows of a
block are written into one fixed-width record each, as if nothing were NULL and every text had the
block's greatest length; the bytes that a row does not have are then squeezed out with one mask.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, no flags, no header extension."""

TRAILER = b"\xff\xff"
"""A field count of -1: end of data."""

BLOCK_BYTES = 1 << 20
"""Bytes of one block of records: they are written column by column and must stay in the cache."""

FIXED = {
    "bigint": ">i8",
    "integer": ">i4",
    "smallint": ">i2",
    "real": ">f4",
    "double precision": ">f8",
    "boolean": "u1",
    "timestamptz": ">i8",
}
"""Types of constant width: how the server reads their bytes."""

ARRAYS = {"real[]": (">f4", 700), "double precision[]": (">f8", 701)}
"""One-dimensional arrays: their elements, and the elements' type number in pg_type."""

POSTGRES_EPOCH = np.datetime64("2000-01-01", "us")

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CopyColumn:
    """One column of rows to be copied.

    Parameters
    ----------
    name : str
        Physical name of the column.
    type : str
        A key of `FIXED` or `ARRAYS`, or "text".
    values : ndarray, shape (n,)
        Numbers; for text UTF-8 bytes (dtype S); for timestamptz datetime64 in UTC; for arrays
        objects, each a one-dimensional array without NULLs.
    missing : ndarray of bool, shape (n,), optional
        True where the value is NULL; NaN is a value.
    """

    name: str
    type: str
    values: npt.NDArray[Any]
    missing: npt.NDArray[np.bool_] | None = None

    def take(self, rows: npt.NDArray[np.int64]) -> "CopyColumn":
        """Return some rows, in the given order."""
        missing = None if self.missing is None else self.missing.take(rows)
        return CopyColumn(self.name, self.type, self.values.take(rows), missing)


def encode(
    columns: Sequence[CopyColumn],
    order: npt.NDArray[np.int64] | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Bytes]:
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
    ndarray of uint8
        Pieces of the stream, to be written in order. A piece is valid until the next is asked for.
    """
    yield np.frombuffer(HEADER, np.uint8)
    # Whole columns are put in order: block by block, every column would be cold in the cache.
    fields = [_field(column if order is None else column.take(order)) for column in columns]
    n = len(fields[0].values)
    layout = _layout([field.dtype for field in fields])
    step = max(1, block_bytes // layout.itemsize)
    records = np.zeros(min(step, n), layout)
    records["count"] = len(columns)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        yield _block(records[: rows.stop - start], fields, rows)
    yield np.frombuffer(TRAILER, np.uint8)


@dataclass(frozen=True)
class _Field:
    """A column ready for the records: values of one width, and how long each really is."""

    dtype: np.dtype[Any]
    values: npt.NDArray[Any]
    lengths: npt.NDArray[np.int32] | None
    """Bytes per row, -1 for NULL; None if every row has the full width."""

    def lay(self, records: npt.NDArray[Any], name: str, rows: slice) -> bool:
        """Write the rows' values and lengths; return whether some row is shorter than the field."""
        records[f"v{name}"] = self.values[rows]
        full = self.dtype.itemsize
        lengths = full if self.lengths is None else self.lengths[rows]
        records[f"l{name}"] = lengths
        return self.lengths is not None and bool(np.any(lengths != full))


def _field(column: CopyColumn) -> _Field:
    values, lengths = _VARIABLE.get(column.type, _fixed)(column)
    if column.missing is not None and column.missing.any():
        full = values.dtype.itemsize if lengths is None else lengths
        lengths = np.where(column.missing, -1, full).astype(np.int32)
    return _Field(values.dtype, values, lengths)


def _fixed(column: CopyColumn) -> tuple[npt.NDArray[Any], None]:
    values = column.values
    if column.type == "timestamptz":
        values = (values - POSTGRES_EPOCH).astype("m8[us]").view(np.int64)
    if column.type == "boolean":
        values = values.view(np.uint8)
    target = np.dtype(FIXED[column.type])
    if values.dtype != target.newbyteorder("="):
        raise TypeError(
            f"Column {column.name} is {column.type} and needs {target.newbyteorder('=')} values, "
            f"not {values.dtype}."
        )
    # The swap to big-endian happens when the values are written into the records.
    return values.astype(values.dtype, copy=False), None


def _text(column: CopyColumn) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
    values = np.ascontiguousarray(column.values.astype("S", copy=False))
    lengths = np.strings.str_len(values).astype(np.int32)
    return values.view(f"V{values.dtype.itemsize}"), lengths


def _array(column: CopyColumn) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
    """Lay arrays out as they are sent: dimensions, flags, element type, size, origin, elements."""
    element, oid = ARRAYS[column.type]
    missing = column.missing if column.missing is not None else np.zeros(len(column.values), bool)
    rows = np.flatnonzero(~missing)
    sizes = np.zeros(len(missing), np.int64)
    sizes[rows] = np.fromiter(map(len, column.values[rows]), np.int64, len(rows))
    longest = int(sizes.max(initial=0))
    item = np.dtype([("length", ">i4"), ("value", element)])
    record = np.zeros(len(sizes), [("head", ">i4", (5,)), ("items", item, (longest,))])
    record["head"] = np.stack([sizes > 0, 0 * sizes, 0 * sizes + oid, sizes, 0 * sizes + 1], axis=1)
    record["items"]["length"] = np.dtype(element).itemsize
    if len(rows):
        within = np.arange(longest) < sizes[:, None]
        record["items"]["value"][within] = np.concatenate(column.values[rows])
    # An empty array has no dimension: it ends after the element type.
    lengths = np.where(sizes > 0, 20 + sizes * item.itemsize, 12).astype(np.int32)
    return record.view(f"V{record.dtype.itemsize}"), lengths


_VARIABLE: dict[str, Any] = {"text": _text} | dict.fromkeys(ARRAYS, _array)


def _layout(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """Record of one tuple: `count`, then length `l<i>` and value `v<i>` of every field, packed."""
    fields: list[tuple[str, Any]] = [("count", ">i2")]
    for i, dtype in enumerate(dtypes):
        fields += [(f"l{i}", ">i4"), (f"v{i}", dtype.newbyteorder(">"))]
    return np.dtype(fields)


def _block(records: npt.NDArray[Any], fields: Sequence[_Field], rows: slice) -> Bytes:
    ragged = [i for i, field in enumerate(fields) if field.lay(records, str(i), rows)]
    flat: Bytes = records.view(np.uint8)
    if not ragged:
        return flat
    keep = np.ones(flat.shape, bool)
    marks = keep.view(records.dtype)
    for i in ragged:
        _mark(marks, records, i)
    return flat[keep]


def _mark(keep: npt.NDArray[Any], records: npt.NDArray[Any], i: int) -> None:
    """Mark which bytes of field `i` are sent: its first `length` ones.

    `keep` has the records' layout, each byte being a boolean. A number is there or not, and the
    flags of its bytes are written as one integer: 5 times faster than byte by byte.
    """
    field, lengths = keep[f"v{i}"], records[f"l{i}"]
    width = field.dtype.itemsize
    if field.dtype.kind != "V":
        flags = np.zeros(len(lengths), f"u{width}")
        flags[lengths >= 0] = int.from_bytes(b"\1" * width)
        keep[f"v{i}"] = flags.view(field.dtype)
    else:
        sent = np.arange(width) < lengths[:, None]
        keep[f"v{i}"] = sent.view(f"V{width}")[:, 0]
