"""Views of catalogs: with values that stand for whole columns, as one curve, several as one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Catalog, Chunk, ColumnHead, Values

MAX_NODES = 1 << 20
"""Rows of the largest file that is taken for one curve."""


@dataclass(frozen=True)
class WithValues:
    """A catalog with further columns, each of which has one value in all rows.

    Parameters
    ----------
    catalog : Catalog
        The catalog itself.
    values : mapping
        Numbers, booleans, texts or bytes, by name of the column.
    """

    catalog: Catalog
    values: Mapping[str, Any]

    @property
    def path(self) -> Path:
        """The file or table."""
        return self.catalog.path

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.catalog.rows

    @property
    def header(self) -> Mapping[str, Any]:
        """What the file says of the table."""
        return self.catalog.header

    @cached_property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column."""
        heads = {name: ColumnHead(_type(value)) for name, value in self.values.items()}
        return self.catalog.columns | heads

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time."""
        own = [name for name in names if name not in self.values]
        for chunk in self.catalog.chunks(own, rows):
            added = {n: _full(self.values[n], chunk.rows) for n in names if n in self.values}
            yield replace(chunk, columns=chunk.columns | added)


def _type(value: Any) -> str:
    if isinstance(value, str | bytes):
        return "text"
    return np.asarray(value).dtype.name


def _full(value: Any, rows: int) -> Values:
    return Values(np.full(rows, value.encode() if isinstance(value, str) else value))


@dataclass(frozen=True)
class Curve:
    """A catalog whose rows are the nodes of one curve: one row with arrays."""

    catalog: Catalog

    @property
    def path(self) -> Path:
        """The file or table."""
        return self.catalog.path

    @property
    def rows(self) -> int:
        """One, or none if the file has no rows."""
        return min(1, self.catalog.rows)

    @property
    def header(self) -> Mapping[str, Any]:
        """What the file says of the table."""
        return self.catalog.header

    @cached_property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column."""
        heads = self.catalog.columns.items()
        return {name: ColumnHead(f"{head.type}[]", head.unit) for name, head in heads}

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns whole.

        Raises
        ------
        RefusedError
            If a value is missing, or there are more nodes than a curve has.
        """
        if self.catalog.rows > MAX_NODES:
            raise RefusedError(
                self.path,
                f"It has {self.catalog.rows} rows, and a curve has at most {MAX_NODES} nodes",
                "give a file of one curve",
            )
        parts = [self._whole(chunk) for chunk in self.catalog.chunks(names, MAX_NODES)]
        if parts:
            columns = {name: _one([part[name].data for part in parts]) for name in names}
            yield Chunk(0, 1, columns, is_curve=True)

    def _whole(self, chunk: Chunk) -> dict[str, Values]:
        for name, values in chunk.columns.items():
            if values.missing is not None and values.missing.any():
                raise RefusedError(
                    self.path,
                    "It is NULL, and every node of a curve needs a value",
                    "fill it or drop the row",
                    name,
                    chunk.first + int(np.argmax(values.missing)),
                )
        return chunk.columns


def _one(parts: list[Any]) -> Values:
    arrays = np.empty(1, object)
    arrays[0] = np.concatenate(parts)
    return Values(arrays)


@dataclass(frozen=True)
class Joined:
    """Several tables of one file, of the same columns, one after the other."""

    path: Path
    tables: tuple[Catalog, ...]

    @property
    def rows(self) -> int:
        """Number of rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def header(self) -> Mapping[str, Any]:
        """What the file says of the first table."""
        return self.tables[0].header

    @property
    def columns(self) -> dict[str, ColumnHead]:
        """Type and unit of every column, those of the first table."""
        return self.tables[0].columns

    def chunks(self, names: Sequence[str], rows: int) -> Iterator[Chunk]:
        """Read some columns, at most `rows` rows at a time; messages name each row's own table."""
        for table in self.tables:
            for chunk in table.chunks(names, rows):
                yield replace(chunk, path=table.path)
