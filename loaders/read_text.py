"""Reads small catalogs from ECSV and VOTable files, gzipped or not, by astropy.

Both are text, or hold text, and are read whole; larger catalogs are for Parquet and FITS.
"""

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import numpy as np
import numpy.typing as npt
from astropy.io.ascii import InconsistentTableError
from astropy.io.votable import parse
from astropy.io.votable.exceptions import W30, W46, W51
from astropy.table import Column, Table
from yaml import YAMLError

from skytract.loaders.file_format import BYTE_ORDER_MARK, open_plain, refuse_broken_gzip
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import (
    NULL,
    Chunk,
    ColumnHead,
    Values,
    plain_values,
    refuse_damaged,
)

MAX_BYTES = 1 << 25
"""Size, unzipped, of the largest file: astropy takes some ten times as much memory."""

ERRORS = (InconsistentTableError, ExpatError, YAMLError, TypeError, KeyError, IndexError)
"""What astropy raises when a file makes no sense, besides `refuse_damaged`'s own."""

CHANGES = (W30, W46, W51)
"""What astropy warns of when it puts another value in the place of one that it cannot read."""


@dataclass(frozen=True)
class TextCatalog:
    """A table that is in memory."""

    path: Path
    table: Table
    header: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.table)

    @cached_property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column."""
        return {name: _head(self.table[name]) for name in self.table.colnames}

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time."""
        for first in range(0, self.rows, rows):
            part = slice(first, min(first + rows, self.rows))
            types = self.columns
            columns = {name: _values(self.table[name][part], types[name].type) for name in names}
            yield Chunk(first, part.stop - first, columns)


@contextmanager
def open_ecsv(path: Path, verify: bool) -> Iterator[tuple[TextCatalog]]:
    """Read the table of an ECSV file, which has no checksum."""
    content = _content(path)
    if not content.endswith((b"\n", b"\r")):
        raise RefusedError(
            path,
            "Its last line does not end, and may be cut short",
            "copy it again, or end the line if it is whole",
        )
    with warnings.catch_warnings(), refuse_damaged(path, "ECSV", *ERRORS):
        warnings.simplefilter("ignore")
        table = Table.read(io.BytesIO(content), format="ascii.ecsv")
    yield (TextCatalog(path, table, plain_values(table.meta)),)


@contextmanager
def open_votable(path: Path, verify: bool) -> Iterator[tuple[TextCatalog, ...]]:
    """Read the tables of a VOTable, which has no checksum."""
    content = _content(path)
    with warnings.catch_warnings(record=True) as caught, refuse_damaged(path, "VOTable", *ERRORS):
        warnings.simplefilter("always")
        votable = parse(io.BytesIO(content), filename=str(path), verify="warn")
        for warning in caught:
            if isinstance(warning.message, CHANGES):
                raise ValueError(str(warning.message))
        found = list(votable.iter_tables())
        tables = [
            TextCatalog(
                Path(f"{path}[{i}]") if len(found) > 1 else path,
                _without_empty(table.to_table(use_names_over_ids=True)),
                _parameters(votable, *votable.resources, table),
            )
            for i, table in enumerate(found)
        ]
    if not tables:
        raise RefusedError(path, "It holds no table", "give a VOTable with a catalog")
    yield tuple(tables)


def _content(path: Path) -> bytes:
    with open_plain(path) as file, refuse_broken_gzip(path):
        content: bytes = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise RefusedError(
            path,
            f"It is larger than {MAX_BYTES >> 20} MiB, and text files are read whole",
            "write it as Parquet or as a FITS binary table",
        )
    return content.removeprefix(BYTE_ORDER_MARK)


def _parameters(*elements: Any) -> dict[str, Any]:
    """Values of the PARAM and INFO elements: of the file, its resources and one table."""
    items = [item for element in elements for item in (*element.infos, *element.params)]
    return plain_values({item.name: item.value for item in items})


def _without_empty(table: Table) -> Table:
    """Mask texts and arrays of no length: an empty cell of a VOTable has no value."""
    for name in table.colnames:
        column = table[name]
        if column.dtype.kind in "OU" and column.ndim == 1:
            gone = [value is None or value is np.ma.masked or len(value) == 0 for value in column]
            values = np.where(gone, None, column.data)
            table[name] = Column(values, unit=column.unit)
    return table


def _head(column: Any) -> ColumnHead:
    if not isinstance(column, Column):
        return ColumnHead(f"astropy {type(column).__name__}")
    return ColumnHead(_type(column), None if column.unit is None else str(column.unit))


def _type(column: Any) -> str:
    """Type of a column as numpy names it; of objects, as that of all of them that are there."""
    if column.dtype.kind != "O":
        name = "text" if column.dtype.kind in "US" else column.dtype.newbyteorder("=").name
        return f"{name}[]" if column.ndim > 1 else name
    there = [value for value, gone in zip(column, _mask(column), strict=True) if not gone]
    if len(column) and not there:
        return NULL
    if all(isinstance(value, str) for value in there):
        return "text"
    types = {np.asarray(value).dtype for value in there if np.ndim(value) == 1}
    is_array = all(np.ndim(value) == 1 for value in there)
    if not is_array or any(dtype.kind not in "iuf" for dtype in types):
        return "object"
    return f"{np.result_type(*types).newbyteorder('=').name}[]"


def _mask(column: Any) -> npt.NDArray[np.bool_]:
    """Rows without a value; an array is there even if elements of it are not."""
    if column.dtype.kind == "O":
        return np.array([value is None or value is np.ma.masked for value in column], bool)
    mask = np.asarray(getattr(column, "mask", False))
    gone: npt.NDArray[np.bool_] = np.broadcast_to(mask, column.shape).reshape(len(column), -1)
    return np.asarray(gone.all(axis=1))


def _values(column: Any, type_: str) -> Values:
    missing = _mask(column)
    if type_.endswith("[]"):
        data = _arrays(column)
    elif type_ == "text":
        texts = ["" if gone else v for v, gone in zip(column, missing, strict=True)]
        data = np.strings.encode(np.array(texts, np.str_), "utf-8")
    else:
        data = np.asarray(column)
        data = data.astype(data.dtype.newbyteorder("="), copy=False)
    return Values(data, missing if missing.any() else None)


def _arrays(column: Any) -> npt.NDArray[Any]:
    """Return one array per row, NULLs in them as NaN."""
    rows = np.empty(len(column), object)
    for row, value in enumerate(column):
        values = np.ma.asarray([] if value is None or value is np.ma.masked else value)
        gaps = np.ma.getmaskarray(values)
        rows[row] = np.where(gaps, np.nan, values.data) if gaps.any() else values.data
    return rows
