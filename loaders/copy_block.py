"""Rows to records of binary COPY: some at a time, in memory that stays in the cache."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skytract.loaders.copy_panels import Panel, Records, Rows, Tail

Bytes = npt.NDArray[np.uint8]


class Block:
    """Records of some rows, which are written again and again.

    A record is as wide as a row without NULLs, with texts of the greatest length. What all rows
    have in common is written once; the bytes that a row does not have are filtered out at the end.

    Parameters
    ----------
    parts : sequence of Panel
        What a row consists of.
    fields : int
        Number of its columns.
    size : int
        Bytes of all records, about.
    """

    def __init__(self, parts: Sequence[Panel], fields: int, size: int) -> None:
        self.parts, self.ragged = parts, any(panel.ragged for panel in parts)
        layout = _layout(parts, self.ragged)
        self.rows = max(1, size // layout.itemsize)
        self.records = np.zeros(self.rows, layout)
        self.records["head"]["count"] = fields
        # Of a head 1 for each byte that is sent; of a record the same in bits, the lowest first.
        self.head = np.ones((self.rows, layout["head"].itemsize), np.uint8)
        self.head[:, : layout["head"]["padding"].itemsize] = 0
        self.sent = np.zeros((self.rows, layout.itemsize // 8 if self.ragged else 0), np.uint8)
        self.places = self._places()
        for panel, (records, _) in zip(parts, self.places, strict=True):
            records["length"] = panel.width
        self._send_head(self.rows)

    def _places(self) -> list[tuple[Records, Records]]:
        """Return for each part its place in the records, and where it says what is sent."""
        head, keep = self.records["head"], self.head.view(self.records.dtype["head"])[:, 0]
        places = [(head[f"p{i}"], keep[f"p{i}"]) for i in range(len(head.dtype.names or ()) - 2)]
        if "tail" in (self.records.dtype.names or ()):
            places.append((self.records["tail"], self.sent[:, self.head.shape[1] // 8 :]))
        return places

    def _send_head(self, n: int) -> None:
        """Turn what is kept of the heads of n records into bits."""
        if self.ragged:
            bits = np.packbits(self.head[:n], axis=1, bitorder="little")
            self.sent[:n, : bits.shape[1]] = bits

    def encode(self, rows: Rows, n: int) -> memoryview:
        """Return the bytes of n rows, which are at most as many as the block has."""
        for panel, (records, keep) in zip(self.parts, self.places, strict=True):
            panel.lay(records[:n], keep[:n], rows)
        if any(panel.ragged for panel in self.parts if not isinstance(panel, Tail)):
            self._send_head(n)
        data = self.records[:n].view(np.uint8)
        return _filter(data, self.sent[:n]) if self.ragged else memoryview(data.tobytes())


def _layout(parts: Sequence[Panel], ragged: bool) -> np.dtype[Any]:
    """Return the type of a record: a head, the bits of which fill bytes, and the tail."""
    fields = [(f"p{i}", *panel.layout) for i, panel in enumerate(parts)]
    tail = [("tail", *parts[-1].layout)] if isinstance(parts[-1], Tail) else []
    head = [("count", ">i2"), *fields[: len(fields) - len(tail)]]
    padding = -np.dtype(head).itemsize % 8 if ragged else 0
    return np.dtype([("head", [("padding", "u1", padding), *head]), *tail])


def _filter(data: Bytes, bits: Bytes) -> memoryview:
    """Return the bytes whose bits are 1."""
    # Arrow's filter copies whole runs of bytes: 3 times as fast as numpy's.
    mask = pa.Array.from_buffers(pa.bool_(), data.size, [None, pa.py_buffer(bits)])
    all_ = pa.Array.from_buffers(pa.uint8(), data.size, [None, pa.py_buffer(data)])
    sent = pc.array_filter(all_, mask)
    return memoryview(sent.buffers()[1])[: len(sent)]
