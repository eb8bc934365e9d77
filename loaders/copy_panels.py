"""Columns ready to be written into records: lengths and values, side by side."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from skytract.loaders.copy_column import ARRAYS, FIXED, CopyColumn

TAIL = 4, True
"""Kind of panel whose fields take 8 bytes: one byte, of 8 bits, says which of these are sent."""

POSTGRES_EPOCH = np.datetime64("2000-01-01", "us")

Records = npt.NDArray[Any]
Rows = slice | npt.NDArray[np.int64]


class Panel(Protocol):
    """Columns of one kind.

    Parameters
    ----------
    width : int
        Bytes of a value; the length that records have already.
    layout : tuple
        Type and number of the pairs of `length` and `value`.
    ragged : bool
        Whether rows may lack some of these bytes.
    """

    width: int
    layout: tuple[Any, int]
    ragged: bool

    def lay(self, records: Records, keep: Records, rows: Rows) -> None:
        """Write values of some rows; if ragged, lengths too, and in `keep` 1 for bytes to send."""
        ...


def panels(columns: Sequence[CopyColumn]) -> list[Panel]:
    """Join columns of one kind that stand side by side; a tail can only be the last of them."""
    groups = [(kind, list(group)) for kind, group in groupby(columns, attrgetter("panel"))]
    found: list[Panel] = []
    for i, ((width, missing), group) in enumerate(groups, 1):
        if (width, missing) == TAIL and i == len(groups):
            found.append(Tail(group))
        elif width:
            found.append(_Numbers(width, group))
        else:
            found += map(_Bytes, group)
    return found


class _Numbers:
    """Columns of one width, all of them with NULLs or none."""

    def __init__(self, width: int, columns: Sequence[CopyColumn]) -> None:
        self.width = width
        self.layout = ([("length", ">i4"), ("value", f">u{width}")], len(columns))
        self.values = [_fixed(column).view(f"u{width}") for column in columns]
        self.missing = [column.missing for column in columns if column.missing is not None]
        self.ragged = bool(self.missing)

    def lay(self, records: Records, keep: Records, rows: Rows) -> None:
        # The swap to big-endian happens on the way from the matrix to the records.
        records["value"] = _gather(self.values, rows).T
        if self.ragged:
            absent = _gather(self.missing, rows)
            # In bytes as long as possible: -1 or the width.
            records["length"] = (self.width - absent.view(np.int8) * np.int8(self.width + 1)).T
            self._keep(absent, keep)

    def _keep(self, absent: npt.NDArray[np.bool_], keep: Records) -> None:
        ones = np.array(int.from_bytes(b"\1" * self.width), f"u{self.width}")
        keep["value"] = np.where(absent, ones - ones, ones).T


class Tail(_Numbers):
    """Columns of 4 bytes with NULLs, where `keep` is a byte of 8 bits for each."""

    def __init__(self, columns: Sequence[CopyColumn]) -> None:
        super().__init__(4, columns)

    def _keep(self, absent: npt.NDArray[np.bool_], keep: Records) -> None:
        # The lowest 4 bits are those of the length.
        keep[:] = ~(absent.view(np.uint8) * np.uint8(0xF0)).T


def _gather(columns: Sequence[npt.NDArray[Any]], rows: Rows) -> npt.NDArray[Any]:
    """Return some rows of columns, a line for each column."""
    if isinstance(rows, slice):
        return np.stack([values[rows] for values in columns])
    found = np.empty((len(columns), len(rows)), columns[0].dtype)
    for line, values in zip(found, columns, strict=True):
        values.take(rows, out=line, mode="clip")  # the other modes take a copy first
    return found


class _Bytes:
    """One column of texts or arrays."""

    def __init__(self, column: CopyColumn) -> None:
        self.values, self.lengths = (_text if column.type == "text" else _array)(column)
        if column.missing is not None:
            self.lengths[column.missing] = -1
        self.width = self.values.dtype.itemsize
        self.layout = ([("length", ">i4"), ("value", f"V{self.width}")], 1)
        self.ragged = bool(np.any(self.lengths != self.width))

    def lay(self, records: Records, keep: Records, rows: Rows) -> None:
        records["value"][:, 0] = self.values[rows]
        if self.ragged:
            lengths = self.lengths[rows]
            records["length"][:, 0] = lengths
            sent = np.arange(self.width) < lengths[:, None]
            keep["value"][:, 0] = sent.view(f"V{self.width}")[:, 0]


def _fixed(column: CopyColumn) -> npt.NDArray[Any]:
    values = column.values
    if column.type == "timestamptz":
        values = (values - POSTGRES_EPOCH).astype("m8[us]").view(np.int64)
    target = np.dtype(FIXED[column.type]).newbyteorder("=")
    if column.type == "boolean":
        values = values.view(np.uint8)
    if values.dtype != target:
        raise TypeError(
            f"Column {column.name} is {column.type} and needs {target} values, not {values.dtype}."
        )
    return np.ascontiguousarray(values)


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
