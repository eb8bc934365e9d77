"""Reads catalogs from Parquet files, a number of rows at a time."""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from skytract.loaders.read_catalog import Chunk, ColumnHead, Values, refuse_damaged

UNIT = b"unit"
"""Key of a column's metadata that names its unit."""

ARROW_SCHEMA = b"ARROW:schema"
"""Key of the file's metadata under which Arrow keeps the columns once more."""

BUFFER_BYTES = 1 << 16
"""Bytes of a column that are read from the file at a time."""

FLOATS = {"halffloat": "float16", "float": "float32", "double": "float64"}
"""Arrow's words for what numpy calls otherwise."""


@dataclass(frozen=True)
class ParquetCatalog:
    """An open Parquet file."""

    path: Path
    file: pq.ParquetFile

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.file.metadata.num_rows)

    @cached_property
    def header(self) -> dict[str, str]:
        """Metadata of the schema."""
        metadata = self.file.schema_arrow.metadata or {}
        items = metadata.items()
        return {key.decode(errors="replace"): text.decode(errors="replace") for key, text in items}

    @cached_property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column."""
        return {field.name: _head(field) for field in self.file.schema_arrow}

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time."""
        first = 0
        with refuse_damaged(self.path, "Parquet", pa.ArrowException):
            # One thread: the other processors are those of the server and of other loaders.
            for batch in self.file.iter_batches(rows, columns=list(names), use_threads=False):
                columns = {name: _values(batch.column(name)) for name in names}
                yield Chunk(first, batch.num_rows, columns)
                first += batch.num_rows
            if first != self.rows:
                raise ValueError(f"it states {self.rows} rows and has {first}")


@contextmanager
def open_parquet(path: Path, verify: bool = True) -> Iterator[tuple[ParquetCatalog]]:
    """Open a Parquet file; pages that carry a checksum are verified as they are read.

    Columns are read in small pieces: row groups may be far larger than what should be in memory.
    """
    options = {"pre_buffer": False, "buffer_size": BUFFER_BYTES}
    options |= {"page_checksum_verification": verify}
    with ExitStack() as stack:
        with refuse_damaged(path, "Parquet", pa.ArrowException):
            source = path if _is_utf8(path) else stack.enter_context(open(path, "rb"))
            catalog = ParquetCatalog(path, stack.enter_context(pq.ParquetFile(source, **options)))
            _refuse_contradiction(catalog)
        yield (catalog,)


def _is_utf8(path: Path) -> bool:
    """Whether Arrow can open a file by its name; of all others it needs the file opened."""
    return not any("\ud800" <= character <= "\udfff" for character in str(path))


def _refuse_contradiction(catalog: ParquetCatalog) -> None:
    """Look whether what the file says of itself agrees: nothing guards that against a flipped bit.

    Raises
    ------
    ValueError
        If numbers of rows or names of columns, which stand there more than once, differ.
    """
    metadata = catalog.file.metadata
    groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    if catalog.rows != sum(groups):
        raise ValueError(f"it states {catalog.rows} rows, and {groups} in its row groups")
    names = catalog.file.schema_arrow.names
    if len(set(names)) < len(names):
        raise ValueError("two columns have the same name")
    stored = (metadata.metadata or {}).get(ARROW_SCHEMA)
    if stored and pa.ipc.read_schema(pa.py_buffer(b64decode(stored))).names != names:
        raise ValueError("its columns have other names in Arrow's schema than in its own")


def _head(field: pa.Field) -> ColumnHead:
    unit = (field.metadata or {}).get(UNIT)
    return ColumnHead(
        _type(field.type), unit.decode(errors="replace") if unit is not None else None
    )


def _type(type_: pa.DataType) -> str:
    if pa.types.is_dictionary(type_):
        return _type(type_.value_type)
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return f"{_type(type_.value_type)}[]"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "text"
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        return "timestamp"
    if pa.types.is_boolean(type_):
        return "bool"
    return FLOATS.get(str(type_), str(type_))


def _values(column: pa.Array) -> Values:
    """Look at Arrow's buffers as numpy arrays; only flags, texts and arrays are copied."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = _type(column.type)
    missing = ~_bits(column, 0) if column.null_count else None
    if kind == "text":
        return Values(_text(column), missing)
    if kind.endswith("[]"):
        return Values(_lists(column), missing)
    if kind == "bool":
        return Values(_bits(column, 1), missing)
    if kind == "timestamp":
        column, kind = column.cast(pa.timestamp("us", "UTC")), "M8[us]"
    data = np.frombuffer(column.buffers()[1], kind)
    return Values(data[column.offset : column.offset + len(column)], missing)


def _bits(column: pa.Array, buffer: int) -> npt.NDArray[np.bool_]:
    """Unpack a buffer of bits: 0 tells which values are there, 1 the values of flags."""
    end = column.offset + len(column)
    bits = np.unpackbits(np.frombuffer(column.buffers()[buffer], np.uint8), bitorder="little")
    return bits[column.offset : end].view(np.bool_)


def _text(column: pa.Array) -> npt.NDArray[Any]:
    """Lay strings out as UTF-8 bytes of the greatest length, padded with zeros."""
    strings = pc.fill_null(column.cast(pa.large_string()), "").cast(pa.large_binary())
    offsets = np.frombuffer(strings.buffers()[1], np.int64)
    offsets = offsets[strings.offset : strings.offset + len(strings) + 1]
    lengths = np.diff(offsets)
    width = max(1, int(lengths.max(initial=0)))
    data = np.zeros((len(strings), width), np.uint8)
    if strings.buffers()[2] is not None:
        bytes_ = np.frombuffer(strings.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
        data[np.arange(width) < lengths[:, None]] = bytes_
    return data.view(f"S{width}")[:, 0]


def _lists(column: pa.Array) -> npt.NDArray[Any]:
    """Return an array of objects, one array per row; an empty one where there is no value."""
    data = np.empty(len(column), object)
    for row, values in enumerate(column.to_numpy(zero_copy_only=False)):
        data[row] = np.empty(0) if values is None else values
    return data
