"""Catalogs as Parquet files, row group by row group, whole or not at all."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from skytract.pipelines.catalog_schema import arrow_schema

ROWS_PER_GROUP = 1 << 16
"""Rows that are gathered before they are written."""

OPTIONS: dict[str, Any] = {
    "use_dictionary": False,
    "write_batch_size": ROWS_PER_GROUP,
    "write_statistics": False,
    "write_page_checksum": True,
}
"""What costs time and saves no room is left out."""

SAME_IN_AN_IMAGE = ("sky", "apCorr", "ixxPSF", "iyyPSF", "ixyPSF")
"""Columns of numbers that compress; others are measured, and noise does not."""

Columns = Mapping[str, Any]


class CatalogWriter:
    """Gathers columns of one table and writes them in row groups.

    Columns of the schema that the rows lack are left out of the file: they are NULL when loaded,
    and thirty columns of NULLs would take a quarter of the time.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self._path, self._schema = path, schema
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[Columns] = []
        self._gathered = 0

    def add(self, columns: Columns) -> None:
        """Append rows: arrays of one length, always of the same columns."""
        self._waiting.append(columns)
        self._gathered += len(next(iter(columns.values())))
        if self._gathered >= ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered."""
        if self._gathered:
            if self._writer is None:
                self._schema = _only(self._schema, self._waiting[0])
                self._writer = pq.ParquetWriter(self._path, self._schema, **options(self._schema))
            self._writer.write_table(make_table(self._schema, self._waiting))
            self.rows += self._gathered
            self._waiting, self._gathered = [], 0

    def close(self) -> None:
        """Write the rest and the end of the file."""
        self.flush()
        if self._writer is not None:
            self._writer.close()


def options(schema: pa.Schema) -> dict[str, Any]:
    """Return how columns of a schema are written."""
    packed = {
        field.name: "none"
        if pa.types.is_floating(field.type) and field.name not in SAME_IN_AN_IMAGE
        else "lz4"
        for field in schema
    }
    return {"compression": packed, **OPTIONS}


def _only(schema: pa.Schema, columns: Columns) -> pa.Schema:
    """Return the fields of a schema that columns have: arrays, which have no NULLs."""
    fields = [field.with_nullable(False) for field in schema if field.name in columns]
    return pa.schema(fields, schema.metadata)


def make_table(schema: pa.Schema, parts: list[Columns]) -> pa.Table:
    """Join parts with the same columns into a table, without copying them."""
    known: dict[int, pa.Array] = {}  # several flags may be one array

    def converted(values: Any, field: pa.Field) -> pa.Array:
        if id(values) not in known:
            known[id(values)] = pa.array(values, field.type)
        return known[id(values)]

    columns = [
        pa.chunked_array([converted(part[field.name], field) for part in parts]) for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


@contextmanager
def open_writer(path: Path, kind: str, truth: pa.Schema | None = None) -> Iterator[CatalogWriter]:
    """Open a catalog of a raw table, or of a table of truth with its schema.

    It gets its name when it is complete; nothing stays of one that is not, or has no rows.
    """
    schema = arrow_schema(kind) if truth is None else truth.with_metadata({"skytract.kind": kind})
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        writer = CatalogWriter(temporary, schema)
        yield writer
        writer.close()
        if writer.rows:
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
