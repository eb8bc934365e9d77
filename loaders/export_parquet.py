"""Parquet files of an export: columns with unit and meaning, written a row group at a time."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from skytract.loaders.export_columns import ExportColumn
from skytract.loaders.export_decode import arrow_type
from skytract.loaders.export_source import ExportSource
from skytract.loaders.export_votable import votable_header
from skytract.loaders.read_catalog import KIND
from skytract.loaders.read_parquet import UNIT

ROW_GROUP_BYTES = 1 << 26
"""Values of a row group, of all columns together, before they are encoded."""


def export_schema(source: ExportSource, *more: ExportColumn) -> pa.Schema:
    """Return the Arrow schema of a source's columns and some more, with what is known of them.

    Units, UCDs and descriptions are in the metadata of the fields, and as a VOTable in that of the
    schema (the IVOA's "VOParquet"), where astropy and TOPCAT find them; `skytract.kind` names the
    table that the file can be loaded into.
    """
    columns = (*source.columns, *more)
    metadata = {b"skytract.source": source.origin.encode(), **votable_header(columns)}
    if source.kind is not None:
        metadata[KIND.encode()] = source.kind.encode()
    return pa.schema([_field(column) for column in columns], metadata)


def _field(column: ExportColumn) -> pa.Field:
    about = {UNIT: column.unit, b"ucd": column.ucd, b"description": column.description}
    metadata = {key: text.encode() for key, text in about.items() if text is not None}
    return pa.field(column.name, arrow_type(column.type), metadata=metadata or None)


def writer_options(schema: pa.Schema, index: str | None = None) -> dict[str, Any]:
    """Return the options of Parquet that suit measurements.

    Numbers of noise are split by their bytes, which compresses them to three quarters at half the
    time; a dictionary would only cost. Pages carry checksums.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the file.
    index : str, optional
        An integer column that ascends.
    """
    encoding = {f.name: "BYTE_STREAM_SPLIT" for f in schema if pa.types.is_floating(f.type)}
    if index is not None:
        encoding[index] = "DELTA_BINARY_PACKED"
    return {
        "compression": "zstd",
        "use_dictionary": [field.name for field in schema if field.name not in encoding],
        "column_encoding": encoding,
        "write_page_checksum": True,
    }


class ParquetOutput(AbstractContextManager["ParquetOutput"]):
    """A Parquet file that is being written.

    Parameters
    ----------
    path : Path
        The new file.
    schema : pyarrow.Schema
        Its columns, and what is said of them.
    options : mapping
        See `writer_options`.
    """

    def __init__(self, path: Path, schema: pa.Schema, options: Mapping[str, Any]) -> None:
        self.rows = 0
        self._collected: list[Any] = []
        self._pending: list[pa.RecordBatch] = []
        self._bytes = 0
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, metadata_collector=self._collected, **options)

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self.rows += batch.num_rows
        self._bytes += batch.nbytes
        self._pending.append(batch.cast(self._schema))
        if self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            table = pa.Table.from_batches(self._pending)
            self._writer.write_table(table, row_group_size=table.num_rows)
        self._pending, self._bytes = [], 0

    @property
    def metadata(self) -> Any:
        """The footer of the file, once it is closed."""
        return self._collected[0]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file; one that failed is only closed."""
        try:
            if error is None:
                self._flush()
                self._writer.close()
            else:
                with suppress(OSError):
                    self._writer.close()
        finally:
            # Otherwise it is closed once more when it is forgotten, and fails once more.
            self._writer.is_open = False


def write_parquet(path: Path, source: ExportSource, batches: Iterable[pa.RecordBatch]) -> int:
    """Write all rows into one file and return their number."""
    schema = export_schema(source)
    with ParquetOutput(path, schema, writer_options(schema)) as output:
        for batch in batches:
            output.write(batch)
    return output.rows
